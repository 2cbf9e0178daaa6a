namespace InternPlatform.Training;

/// <summary>One optimizer step, as it happened.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Tokens">Input tokens read so far; pretraining counts filler, tuning does not.</param>
/// <param name="Loss">Mean nats per scored token; not finite when the step was skipped.</param>
/// <param name="LearningRate">Of the matrices' optimizer.</param>
/// <param name="GradientNorm">Global, before clipping.</param>
/// <param name="TokensPerSecond">Of these tokens, by wall clock, over this step.</param>
public sealed record TrainingStep(long Step, long Tokens, double Loss, double LearningRate, double GradientNorm, double TokensPerSecond);

/// <summary>Hears what a run does, on the run's thread. A resumed run repeats the steps after its checkpoint.</summary>
public interface ITrainingObserver
{
    /// <summary>A step ended.</summary>
    void Step(TrainingStep step);

    /// <summary>Held-out loss in mean nats per scored token.</summary>
    void Validation(long step, double loss);

    /// <summary>A complete checkpoint is on the disk.</summary>
    void Checkpoint(long step, string folder);

    /// <summary>
    /// A checkpoint was written, or the run begins or goes on after <paramref name="step"/> steps: what the model says now. May come again for a
    /// step that an earlier attempt had reached.
    /// </summary>
    /// <param name="step">Steps done.</param>
    /// <param name="model">Usable during the call.</param>
    void Sample(long step, ModelInTraining model)
    {
    }

    /// <summary>A step changed nothing because a loss or gradient was not finite; <paramref name="where"/> names the layer or weight.</summary>
    void Skipped(long step, string where)
    {
    }

    /// <summary>A run begins, or goes on after <paramref name="step"/> steps.</summary>
    void Started(long step, long totalSteps, long parameters, string computeType, int threads)
    {
    }
}

/// <summary>How a run ended.</summary>
public sealed record PretrainResult
{
    /// <summary>False: paused after a checkpoint; run it again to go on.</summary>
    public required bool Completed { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Input tokens read.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean nats per scored held-out token; NaN when paused or without held-out shards.</summary>
    public double ValidationLoss { get; init; } = double.NaN;

    /// <summary>e to the power of <see cref="ValidationLoss"/>.</summary>
    public double ValidationPerplexity { get; init; } = double.NaN;

    /// <summary>Of the same tokens under a unigram model of the training shards.</summary>
    public double UnigramPerplexity { get; init; } = double.NaN;

    /// <summary>Of the same tokens under a smoothed bigram model of the training shards.</summary>
    public double BigramPerplexity { get; init; } = double.NaN;

    /// <summary>The same figures of each held-out shard, in the order given; empty when paused.</summary>
    public IReadOnlyList<ShardPerplexity> HeldOut { get; init; } = [];

    /// <summary>SHA-256 over all weights as float32.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>Folder of the last checkpoint; <see cref="ModelExport"/> reads it.</summary>
    public required string CheckpointFolder { get; init; }
}

/// <summary>How well the tokens of one held-out shard are predicted. Not a number where none of them is scored.</summary>
/// <param name="Scored">Tokens that were scored.</param>
/// <param name="Perplexity">Of the trained model.</param>
/// <param name="Unigram">Of a unigram model of the training shards.</param>
/// <param name="Bigram">Of a smoothed bigram model of the training shards.</param>
public sealed record ShardPerplexity(long Scored, double Perplexity, double Unigram, double Bigram);
