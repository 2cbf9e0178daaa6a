namespace InternPlatform.Contracts.Catalog;

/// <summary>Spec of the catalog job <c>tokenizer</c>: trains a byte-level BPE.</summary>
public sealed record TrainTokenizer
{
    public required string Name { get; init; }

    /// <summary>Artefacts of data-set versions.</summary>
    public required IReadOnlyList<string> DatasetArtifactIds { get; init; }
    public int VocabularySize { get; init; } = 2048;
    public TokenizerAlgorithm Algorithm { get; init; } = TokenizerAlgorithm.ByteLevelBpe;
}

/// <summary>How a tokenizer is trained, and what files it is written as.</summary>
public enum TokenizerAlgorithm
{
    /// <summary>Merges of bytes, as GPT-2, Qwen and InternLM3 have them: <c>tokenizer.json</c>.</summary>
    ByteLevelBpe,

    /// <summary>Merges of characters, as LLaMA and InternLM2 have them: <c>tokenizer.model</c>.</summary>
    SentencePieceBpe,

    /// <summary>The pieces of the most probable vocabulary, as T5 and ALBERT have them: <c>tokenizer.model</c>.</summary>
    Unigram,
}

public sealed record TokenizerResult
{
    public required string ArtifactId { get; init; }
    public required int VocabularySize { get; init; }
    public required double BytesPerToken { get; init; }
}

/// <summary>Spec of the catalog job <c>tokenize</c>: writes shards in InternEvo's form.</summary>
public sealed record TokenizeDatasets
{
    public required string Name { get; init; }
    public required string TokenizerArtifactId { get; init; }

    /// <summary>Mixed in equal parts of tokens, as far as they go: a smaller one is repeated up to <see cref="MostPasses"/> times.</summary>
    public required IReadOnlyList<string> DatasetArtifactIds { get; init; }
    public string ChatTemplate { get; init; } = "internlm2";
    public double ValidationShare { get; init; } = 0.02;

    /// <summary>Upper bound for the training part; null: all.</summary>
    public long? TokenBudget { get; init; }

    /// <summary>How often a data set is repeated at most to keep up with a larger one.</summary>
    public int MostPasses { get; init; } = 4;
    public int Seed { get; init; } = 1;
}

public sealed record TokenizeResult
{
    public required string ArtifactId { get; init; }
    public required long TrainTokens { get; init; }
    public required long ValidationTokens { get; init; }
    public required long TrainSamples { get; init; }
}
