namespace InternPlatform.Contracts.Pretraining;

/// <summary>Spec of the pretraining job <c>pretrain</c>: the complete configuration of a base model's training.</summary>
public sealed record PretrainSpec
{
    /// <summary>Name of the model it makes.</summary>
    public required string Name { get; init; }
    public required string ShardsArtifactId { get; init; }
    public required string TokenizerArtifactId { get; init; }
    public ModelShape Model { get; init; } = new();
    public int SequenceLength { get; init; } = 128;

    /// <summary>Packed rows in one micro-batch.</summary>
    public int BatchSize { get; init; } = 16;
    public int GradientAccumulationSteps { get; init; } = 1;
    public long TokenBudget { get; init; } = 3_300_000;
    public double MuonLearningRate { get; init; } = 0.02;
    public double AdamLearningRate { get; init; } = 3e-3;
    public double WeightDecay { get; init; } = 0.1;
    public int WarmupSteps { get; init; } = 30;

    /// <summary><c>linear</c> (constant for half the budget, then down) or <c>cosine</c>.</summary>
    public string Schedule { get; init; } = "linear";
    public double ClipNorm { get; init; } = 1;
    public int ValidateEverySteps { get; init; } = 200;
    public int CheckpointEverySteps { get; init; } = 100;

    /// <summary><c>auto</c>, <c>float32</c> or <c>bfloat16</c>.</summary>
    public string ComputeType { get; init; } = "auto";
    public int Seed { get; init; } = 1;
}

/// <summary>Shape of a LLaMA-type decoder.</summary>
public sealed record ModelShape
{
    public int HiddenSize { get; init; } = 128;
    public int LayerCount { get; init; } = 4;
    public int HeadCount { get; init; } = 4;
    public int KvHeadCount { get; init; } = 2;
    public int IntermediateSize { get; init; } = 352;
    public double RopeTheta { get; init; } = 10_000;
    public bool TieWordEmbeddings { get; init; } = true;
}

public sealed record PretrainResult
{
    public required string ModelArtifactId { get; init; }
    public required long Steps { get; init; }
    public required long Tokens { get; init; }
    public required long Parameters { get; init; }
    public required double ValidationLoss { get; init; }
    public required double ValidationPerplexity { get; init; }

    /// <summary>Of a unigram model over the same scored tokens.</summary>
    public required double UnigramPerplexity { get; init; }
    public required double BigramPerplexity { get; init; }

    /// <summary>The same figures for the rows kept back of each data set: an average hides a text that was not learnt.</summary>
    public IReadOnlyList<SourcePerplexity> Sources { get; init; } = [];

    /// <summary>SHA-256 over all weights in name order: equal after any number of kills.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>SHA-256 of the loss log.</summary>
    public required string LossLogSha256 { get; init; }
}

/// <summary>How well the rows kept back of one data set are predicted; null where none of their tokens is scored.</summary>
public sealed record SourcePerplexity
{
    /// <summary>The data set, as the shards name it.</summary>
    public required string Name { get; init; }
    public required long ScoredTokens { get; init; }
    public double? Perplexity { get; init; }

    /// <summary>Of counting models over the whole training shard.</summary>
    public double? UnigramPerplexity { get; init; }
    public double? BigramPerplexity { get; init; }
}
