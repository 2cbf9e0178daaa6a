using System.Text.Json.Serialization;

namespace InternPlatform.Training;

/// <summary>Type of the matrix multiplications; master weights, residual stream, norms and optimizer state are float32 always.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ComputeType>))]
public enum ComputeType
{
    /// <summary>bf16 where the CPU multiplies it in hardware, else f32.</summary>
    Auto,

    /// <summary>float32.</summary>
    F32,

    /// <summary>bfloat16, weights cast once per step.</summary>
    BF16,
}

/// <summary>What the learning rate does after the warm-up and the constant part.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DecayShape>))]
public enum DecayShape
{
    /// <summary>Stays.</summary>
    Constant,

    /// <summary>A straight line to the final fraction.</summary>
    Linear,

    /// <summary>Half a cosine to the final fraction.</summary>
    Cosine,
}

/// <summary>Which optimizer updates the hidden matrices; embedding, head and norms are always AdamW's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MatrixOptimizer>))]
public enum MatrixOptimizer
{
    /// <summary>Orthogonalised momentum (Jordan et al. 2024).</summary>
    Muon,

    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
    AdamW,
}

/// <summary>Everything that decides a pretraining run; stored with each checkpoint. The defaults are the tour's recipe.</summary>
public sealed record PretrainOptions
{
    /// <summary>V: entries of the tokenizer.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>D: width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>F: width of the SwiGLU product.</summary>
    public int IntermediateSize { get; init; } = 352;

    /// <summary>L: decoder layers.</summary>
    public int LayerCount { get; init; } = 4;

    /// <summary>H: query heads.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>K: key and value heads; divides <see cref="HeadCount"/>.</summary>
    public int KvHeadCount { get; init; } = 2;

    /// <summary>Size of one head; 0 means D / H.</summary>
    public int HeadDim { get; init; }

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public float RmsNormEpsilon { get; init; } = 1e-5f;

    /// <summary>Base of the rotary angles.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Longest context the exported model declares; 0 means four times <see cref="SequenceLength"/>.</summary>
    public int ContextLength { get; init; }

    /// <summary>Whether the output head is the embedding.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>T: tokens in a packed row.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>B: rows in a micro-batch.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Micro-batches whose gradients are added before an optimizer step.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Input tokens to train on; the run ends at the first step that reaches it.</summary>
    public long TokenBudget { get; init; } = 3_300_000;

    /// <summary>Share of the rows drawn from each training shard, in their order; null means in proportion to their size.</summary>
    public IReadOnlyList<double>? ShardShares { get; init; }

    /// <summary>Whether attention is kept inside each packed sample (block-diagonal mask). Positions restart either way.</summary>
    public bool MaskAcrossSamples { get; init; } = true;

    /// <summary>Optimizer of the hidden matrices.</summary>
    public MatrixOptimizer MatrixOptimizer { get; init; } = MatrixOptimizer.Muon;

    /// <summary>Peak learning rate of Muon.</summary>
    public double MuonLearningRate { get; init; } = .02;

    /// <summary>Muon's momentum (Nesterov).</summary>
    public double MuonMomentum { get; init; } = .95;

    /// <summary>Newton-Schulz iterations.</summary>
    public int NewtonSchulzSteps { get; init; } = 5;

    /// <summary>Peak learning rate of AdamW.</summary>
    public double AdamLearningRate { get; init; } = 3e-3;

    /// <summary>Decay of AdamW's first moment.</summary>
    public double AdamBeta1 { get; init; } = .9;

    /// <summary>Decay of AdamW's second moment.</summary>
    public double AdamBeta2 { get; init; } = .98;

    /// <summary>Added to the root of AdamW's second moment.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Decoupled decay of the hidden matrices, times the learning rate.</summary>
    public double WeightDecay { get; init; } = .1;

    /// <summary>Steps over which the learning rate rises from zero.</summary>
    public int WarmupSteps { get; init; } = 30;

    /// <summary>Fraction of the token budget, warm-up included, before the decay begins.</summary>
    public double ConstantFraction { get; init; } = .5;

    /// <summary>What follows the constant part.</summary>
    public DecayShape Decay { get; init; } = DecayShape.Linear;

    /// <summary>Learning rate at the end, as a fraction of the peak.</summary>
    public double FinalFraction { get; init; } = .02;

    /// <summary>Largest global gradient norm; larger gradients are scaled down to it. 0 switches it off.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Fixes the first weights and the data order.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps between checkpoints; one is also written at the end and at a pause.</summary>
    public int CheckpointEverySteps { get; init; } = 250;

    /// <summary>Steps between validations; 0 means only at the end.</summary>
    public int ValidateEverySteps { get; init; } = 250;

    /// <summary>Rows of each validation before the end; the last one reads all.</summary>
    public int ValidationRows { get; init; } = 128;

    /// <summary>Type of the matrix multiplications.</summary>
    public ComputeType Compute { get; init; } = ComputeType.Auto;

    /// <summary>Threads of tensor operations; 0 means OMP_NUM_THREADS, else all usable cores. A resumed run keeps its first number.</summary>
    public int Threads { get; init; }

    /// <summary>Size of one head in force.</summary>
    [JsonIgnore]
    public int EffectiveHeadDim => HeadDim > 0 ? HeadDim : HiddenSize / Math.Max(1, HeadCount);

    /// <summary>Input tokens of one optimizer step.</summary>
    [JsonIgnore]
    public long TokensPerStep => (long)SequenceLength * BatchSize * GradientAccumulationSteps;

    /// <summary>Optimizer steps of the whole run.</summary>
    [JsonIgnore]
    public long TotalSteps => (TokenBudget + TokensPerStep - 1) / TokensPerStep;

    /// <summary>Refuses combinations that cannot train.</summary>
    /// <exception cref="TrainingException">The first value that is out of range, by name.</exception>
    public void Validate()
    {
        Require(VocabularySize > 1, nameof(VocabularySize), "must be at least 2");
        Require(HiddenSize > 0 && IntermediateSize > 0 && LayerCount > 0, nameof(HiddenSize), "and the other sizes must be positive");
        Require(HeadCount > 0 && KvHeadCount > 0 && HeadCount % KvHeadCount == 0, nameof(KvHeadCount), $"must divide {nameof(HeadCount)} ({HeadCount})");
        Require(HeadDim > 0 || HiddenSize % HeadCount == 0, nameof(HeadCount), $"must divide {nameof(HiddenSize)} ({HiddenSize}) unless {nameof(HeadDim)} is given");
        Require(EffectiveHeadDim % 2 == 0, nameof(HeadDim), "must be even for rotary positions");
        Require(SequenceLength > 1, nameof(SequenceLength), "must be at least 2");
        Require(BatchSize > 0 && GradientAccumulationSteps > 0, nameof(BatchSize), $"and {nameof(GradientAccumulationSteps)} must be positive");
        Require(TokenBudget > 0, nameof(TokenBudget), "must be positive");
        Require(ConstantFraction is >= 0 and <= 1, nameof(ConstantFraction), "must lie between 0 and 1");
        Require(CheckpointEverySteps > 0, nameof(CheckpointEverySteps), "must be positive");
        Require(ValidationRows > 0, nameof(ValidationRows), "must be positive");
        Require(NewtonSchulzSteps > 0, nameof(NewtonSchulzSteps), "must be positive");
        Require(ShardShares?.All(share => share >= 0) != false && ShardShares?.Sum() is not <= 0, nameof(ShardShares), "must not be negative and must not all be zero");
    }

    private static void Require(bool condition, string name, string reason)
    {
        if (!condition)
        {
            throw new TrainingException($"Pretraining option {name} {reason}.");
        }
    }
}
