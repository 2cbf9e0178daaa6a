namespace InternPlatform.Contracts.Catalog;

/// <summary>
/// An object of any service was made, changed or deleted. Published by its owner, kept by catalog as the index behind search
/// and cross-service lists. May repeat and may arrive out of order: the highest version of an object wins.
/// </summary>
public sealed record ObjectChanged
{
    public required string Service { get; init; }

    /// <summary><c>dataset</c>, <c>model</c>, <c>job</c>, <c>deployment</c>, <c>pipeline-run</c>, <c>agent</c>, <c>agent-run</c>.</summary>
    public required string Kind { get; init; }
    public required Guid ObjectId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Name { get; init; }
    public string? State { get; init; }

    /// <summary>Path of its page in the portal.</summary>
    public required string Path { get; init; }
    public required long Version { get; init; }
    public bool Deleted { get; init; }
}

/// <summary>
/// A job wrote an artefact. Published by the job's service with the job's success; may repeat: the artefact id and the job id name it.
/// Catalog keeps the lineage, and registers artefacts of kind <c>model</c>.
/// </summary>
public sealed record ArtifactProduced
{
    public required string ArtifactId { get; init; }

    /// <summary><c>dataset</c>, <c>tokenizer</c>, <c>shards</c>, <c>model</c>, <c>adapter</c>, <c>evaluation</c>, <c>agent</c>.</summary>
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Service { get; init; }
    public required Guid JobId { get; init; }
    public required Guid ProjectId { get; init; }

    /// <summary>Artefacts it was made from.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Figures worth showing on its card, such as <c>validationPerplexity</c>.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}
