using System.Text.Json.Serialization;
using InternPlatform.Models;
using InternPlatform.Training.Data;

namespace InternPlatform.Training;

/// <summary>Which weights a tuning changes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TuningMethod>))]
public enum TuningMethod
{
    /// <summary>Low-rank additions to every linear map (Hu et al. 2021); the base weights stay.</summary>
    Lora,

    /// <summary>All weights.</summary>
    Full,
}

/// <summary>Everything that decides a supervised tuning. The shape comes from the base model; the optimizer is AdamW without decay.</summary>
public sealed record TuneOptions
{
    /// <summary>Which weights change.</summary>
    public TuningMethod Method { get; init; } = TuningMethod.Lora;

    /// <summary>r: rank of each addition.</summary>
    public int LoraRank { get; init; } = 8;

    /// <summary>α: additions are multiplied by α / r.</summary>
    public double LoraAlpha { get; init; } = 16;

    /// <summary>T: tokens in a packed row.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>B: rows in a step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Training tokens, filler left out; null means <see cref="Epochs"/> times the data. The run ends at the first step that reaches it.</summary>
    public long? TokenBudget { get; init; }

    /// <summary>Passes over the data where no budget is given.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Peak learning rate; it rises over the warm-up and falls in a straight line to zero.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>Steps of the warm-up.</summary>
    public int WarmupSteps { get; init; } = 10;

    /// <summary>Largest global gradient norm; 0 switches clipping off.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Fixes the first additions and the data order.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between checkpoints; the loss on the dialogues kept out is measured at each.</summary>
    public int CheckpointEverySteps { get; init; } = 100;

    /// <summary>Type of the matrix multiplications.</summary>
    public ComputeType Compute { get; init; } = ComputeType.Auto;

    /// <summary>Threads of tensor operations; 0 means OMP_NUM_THREADS, else all usable cores.</summary>
    public int Threads { get; init; }

    /// <summary>Rows of each validation between the first and the last, which read all.</summary>
    private const int RowsBetween = 64;

    internal int EffectiveRank => Method == TuningMethod.Lora ? LoraRank : 0;

    internal double EffectiveAlpha => Method == TuningMethod.Lora ? LoraAlpha : 0;

    /// <summary>Refuses combinations that cannot train.</summary>
    /// <exception cref="TrainingException">The first value that is out of range, by name.</exception>
    public void Validate(ModelConfig model)
    {
        Require(model.BeyondPlainLlama is null, nameof(model.ModelType), $"is '{model.ModelType}' with {model.BeyondPlainLlama}, which is not trained yet");
        Require(LoraRank >= 1, nameof(LoraRank), "must be at least 1");
        Require(Method == TuningMethod.Full || LoraRank <= Math.Min(model.HiddenSize, model.IntermediateSize), nameof(LoraRank),
            $"is {LoraRank}, more than the model's width ({Math.Min(model.HiddenSize, model.IntermediateSize)}): an addition of that rank is no longer a low one");
        Require(double.IsFinite(LoraAlpha) && LoraAlpha > 0, nameof(LoraAlpha), "must be positive");
        Require(SequenceLength > 1, nameof(SequenceLength), "must be at least 2");
        Require(SequenceLength <= model.ContextLength, nameof(SequenceLength), $"is {SequenceLength}, more than the {model.ContextLength} positions of the base model");
        Require(BatchSize > 0, nameof(BatchSize), "must be positive");
        Require(TokenBudget is null or > 0, nameof(TokenBudget), "must be positive");
        Require(TokenBudget is not null || (Epochs > 0 && double.IsFinite(Epochs)), nameof(Epochs), "must be positive");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), "must be positive");
        Require(CheckpointEverySteps > 0, nameof(CheckpointEverySteps), "must be positive");

        // A group of all layers' weights is one block of memory with 32-bit offsets.
        var largest = Math.Max((long)model.VocabularySize * model.HiddenSize, 2L * model.LayerCount * model.IntermediateSize * model.HiddenSize);
        Require(largest * sizeof(float) < int.MaxValue, nameof(model.HiddenSize), "and the layers of the base model make a block of 2 GiB or more; such models cannot be tuned yet");
    }

    /// <summary>The loop's options: the base model's shape, and as many whole steps as the budget takes.</summary>
    internal PretrainOptions ForLoop(ModelConfig model, TokenSamples train)
    {
        var options = Shape(model) with
        {
            SequenceLength = SequenceLength,
            BatchSize = BatchSize,
            MatrixOptimizer = MatrixOptimizer.AdamW,
            AdamLearningRate = LearningRate,
            AdamBeta2 = .99,
            WeightDecay = 0,
            WarmupSteps = WarmupSteps,
            ConstantFraction = 0,
            FinalFraction = 0,
            ClipNorm = ClipNorm,
            Seed = Seed,
            CheckpointEverySteps = CheckpointEverySteps,
            ValidateEverySteps = CheckpointEverySteps,
            ValidationRows = RowsBetween,
            Compute = Compute,
            Threads = Threads,
        };
        return options with { TokenBudget = Steps(train) * options.TokensPerStep };
    }

    internal static PretrainOptions Shape(ModelConfig model) => new()
    {
        VocabularySize = model.VocabularySize,
        HiddenSize = model.HiddenSize,
        IntermediateSize = model.IntermediateSize,
        LayerCount = model.LayerCount,
        HeadCount = model.HeadCount,
        KvHeadCount = model.KvHeadCount,
        HeadDim = model.HeadDim,
        RmsNormEpsilon = model.RmsNormEpsilon,
        RopeTheta = model.RopeTheta,
        ContextLength = model.ContextLength,
        TieWordEmbeddings = model.TieWordEmbeddings,
    };

    /// <summary>Steps until the budget is read, filler left out: what a row holds depends on how its epoch was packed.</summary>
    private long Steps(TokenSamples train)
    {
        var left = TokenBudget ?? Math.Max(1, (long)Math.Round(Epochs * train.TotalTokens));
        var rows = 0L;
        for (var epoch = 0; left > 0; epoch++)
        {
            var packed = PackedEpoch.Shuffled(train, SequenceLength, Seed, 0, epoch);
            for (var row = 0; row < packed.Count && left > 0; row++)
            {
                left -= packed.TokensIn(row);
                rows++;
            }
        }

        return (rows + BatchSize - 1) / BatchSize;
    }

    private static void Require(bool condition, string name, string reason)
    {
        if (!condition)
        {
            throw new TrainingException($"Tuning option {name} {reason}.");
        }
    }
}
