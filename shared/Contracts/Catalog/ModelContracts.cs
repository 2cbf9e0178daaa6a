namespace InternPlatform.Contracts.Catalog;

/// <summary>A registered model.</summary>
public sealed record ModelView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required int Version { get; init; }
    public required string ArtifactId { get; init; }
    public required string Service { get; init; }
    public required Guid JobId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required long Bytes { get; init; }
    public long? Parameters { get; init; }
    public int? ContextLength { get; init; }
    public required IReadOnlyDictionary<string, double> Figures { get; init; }
}

/// <summary><c>GET /api/catalog/lineage/{artifactId}</c>: everything it came from, and everything made from it.</summary>
public sealed record LineageView
{
    public required IReadOnlyList<LineageNode> Nodes { get; init; }
    public required IReadOnlyList<LineageEdge> Edges { get; init; }
}

public sealed record LineageNode
{
    public required string ArtifactId { get; init; }
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Service { get; init; }
    public required Guid JobId { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Path of its page in the portal.</summary>
    public string? Path { get; init; }
}

public sealed record LineageEdge
{
    public required string From { get; init; }
    public required string To { get; init; }
}

/// <summary>One entry of <c>GET /api/catalog/objects?q=&amp;kind=&amp;state=</c>.</summary>
public sealed record ObjectView
{
    public required string Service { get; init; }
    public required string Kind { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? State { get; init; }
    public required string Path { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}
