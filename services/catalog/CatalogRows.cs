using InternPlatform.Jobs;

namespace InternPlatform.Catalog;

internal sealed class UploadRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string FileName { get; init; }
    public required long SizeBytes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The blob, once the upload is complete.</summary>
    public string? Digest { get; set; }
}

internal sealed class DatasetRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Name { get; init; }
    public string Card { get; set; } = "";
    public string? License { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Another one after each change: the ETag.</summary>
    public required Guid Stamp { get; set; }

    /// <summary>Rises with each change: the version of <c>ObjectChanged</c>.</summary>
    public long Revision { get; set; }
    public List<DatasetVersionRow> Versions { get; init; } = [];
}

internal sealed class DatasetVersionRow : IProjectOwned
{
    public required Guid DatasetId { get; init; }
    public required int Version { get; init; }
    public required Guid ProjectId { get; init; }
    public required string ArtifactId { get; init; }
    public required long Rows { get; init; }
    public required long Bytes { get; init; }
    public required long RejectedRows { get; init; }
    public required string Source { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required Guid JobId { get; init; }

    /// <summary>JSON of <c>RejectedRow[]</c>.</summary>
    public required string RejectedJson { get; init; }

    /// <summary>JSON of the row count by kind.</summary>
    public required string RowKindsJson { get; init; }
}

internal sealed class ModelRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Name { get; init; }
    public required int Version { get; init; }
    public required string ArtifactId { get; init; }
    public required string Service { get; init; }
    public required Guid JobId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required long Bytes { get; init; }
    public long? Parameters { get; init; }
    public int? ContextLength { get; init; }
    public required string FiguresJson { get; init; }
}

/// <summary>An artefact that a job made. The same bytes may be made by several jobs, and in several projects.</summary>
internal sealed class ProducedRow : IProjectOwned
{
    public required string ArtifactId { get; init; }
    public required Guid JobId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Service { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>One artefact went into another.</summary>
internal sealed class LineageEdgeRow : IProjectOwned
{
    public required Guid ProjectId { get; init; }
    public required string FromArtifactId { get; init; }
    public required string ToArtifactId { get; init; }
}

/// <summary>An object of any service. A deleted one stays as a mark, so that an older message does not bring it back.</summary>
internal sealed class ObjectRow : IProjectOwned
{
    public required string Service { get; init; }
    public required string Kind { get; init; }
    public required Guid ObjectId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Name { get; set; }

    /// <summary>The name in lower case, for search.</summary>
    public required string SearchName { get; set; }
    public string? State { get; set; }
    public required string Path { get; set; }
    public required long Version { get; set; }
    public bool Deleted { get; set; }
    public required DateTimeOffset UpdatedAt { get; set; }
}
