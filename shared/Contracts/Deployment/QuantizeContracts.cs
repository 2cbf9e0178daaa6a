namespace InternPlatform.Contracts.Deployment;

/// <summary>Spec of the deployment job <c>quantize</c>: round-to-nearest weights of a model.</summary>
public sealed record QuantizeSpec
{
    /// <summary>Name of the model it makes.</summary>
    public required string Name { get; init; }
    public required string ModelArtifactId { get; init; }

    /// <summary>4 or 8.</summary>
    public int Bits { get; init; } = 4;

    /// <summary>Inputs that share a scale (4 bits).</summary>
    public int GroupSize { get; init; } = 32;

    /// <summary>Shards whose validation part measures what the rounding costs; null: not measured.</summary>
    public string? ShardsArtifactId { get; init; }

    /// <summary>At most so many tokens of it.</summary>
    public int PerplexityTokens { get; init; } = 20_000;
}

public sealed record QuantizeResult
{
    public required string ModelArtifactId { get; init; }
    public required int Bits { get; init; }
    public required long WeightBytes { get; init; }
    public required long OriginalWeightBytes { get; init; }

    /// <summary>Over the scored validation tokens, by the engine that serves; null: not measured.</summary>
    public double? Perplexity { get; init; }
    public double? OriginalPerplexity { get; init; }
    public double? PerplexityRatio { get; init; }
    public long PerplexityTokens { get; init; }
    public required IReadOnlyList<WeightError> Errors { get; init; }
}

/// <summary>What rounding did to one weight.</summary>
public sealed record WeightError
{
    public required string Name { get; init; }

    /// <summary>‖W − Ŵ‖ / ‖W‖ (Frobenius).</summary>
    public required double RelativeError { get; init; }
}
