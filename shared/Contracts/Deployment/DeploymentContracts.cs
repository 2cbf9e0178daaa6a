namespace InternPlatform.Contracts.Deployment;

/// <summary>Body of <c>POST /api/deployment/deployments</c>; its name is the model id in <c>/v1</c>.</summary>
public sealed record CreateDeployment
{
    public required string Name { get; init; }
    public required string ModelArtifactId { get; init; }

    /// <summary>Bits of a cached key or value: 32, 16, 8 or 4. Fewer hold more and longer sequences in the same memory, and change answers a little.</summary>
    public int CacheBits { get; init; } = 32;

    /// <summary>A smaller model with the same tokenizer that guesses ahead: answers come sooner and stay the same. Null: none.</summary>
    public string? DraftArtifactId { get; init; }

    /// <summary>LoRA adapters of this model in PEFT's form; each is served as <c>deployment:adapter</c>, and all share the model's memory.</summary>
    public IReadOnlyList<ServedAdapter> Adapters { get; init; } = [];
}

/// <summary>An adapter under a name.</summary>
public sealed record ServedAdapter
{
    public required string Name { get; init; }
    public required string ArtifactId { get; init; }
}

public enum DeploymentState
{
    Starting,
    Ready,
    Failed,
    Stopped,
}

public sealed record DeploymentView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string ModelArtifactId { get; init; }
    public required DeploymentState State { get; init; }

    /// <summary>Why it failed, and what to do.</summary>
    public string? Problem { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public int? ContextLength { get; init; }
    public long? Parameters { get; init; }

    /// <summary>Resident memory planned for weights and cache.</summary>
    public long? PlannedBytes { get; init; }
    public int RunningSequences { get; init; }
    public int Restarts { get; init; }

    /// <summary>Bits of a weight inside the layers: 32, 16, 8 or 4; null until it is ready.</summary>
    public int? WeightBits { get; init; }

    /// <summary>The checkpoint's <c>quant_method</c>, such as <c>awq</c>; null: the weights are floats.</summary>
    public string? Quantization { get; init; }

    /// <summary>Bits of a cached key or value.</summary>
    public int CacheBits { get; init; } = 32;
    public string? DraftArtifactId { get; init; }
    public IReadOnlyList<ServedAdapter> Adapters { get; init; } = [];

    /// <summary>Tokens guessed ahead since it was started, by the draft model or from what was said before.</summary>
    public long GuessedTokens { get; init; }

    /// <summary>How many of them the model would have said itself.</summary>
    public long RightGuesses { get; init; }
}
