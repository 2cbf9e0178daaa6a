using System.Text.Json;

namespace InternPlatform.Contracts.Catalog;

/// <summary>Spec of the catalog job <c>import</c>: makes a version of a data set. Give an upload, or a sample seed.</summary>
public sealed record ImportDataset
{
    public required string Name { get; init; }

    /// <summary>A completed upload.</summary>
    public Guid? UploadId { get; init; }

    /// <summary>Generate the built-in sample instead.</summary>
    public SampleSource? Sample { get; init; }

    /// <summary><c>text</c>, <c>markdown</c>, <c>json</c>, <c>jsonl</c>, <c>parquet</c>, <c>csv</c>; null: told by the file's name and first bytes.</summary>
    public string? Format { get; init; }

    /// <summary><c>text</c>: rows to train on. <c>records</c>: every field as it is, for evaluation. Null: told by the fields of the first rows.</summary>
    public string? Keep { get; init; }
}

/// <summary>The built-in bilingual sample.</summary>
public sealed record SampleSource
{
    public int Seed { get; init; } = 1;
    public int Documents { get; init; } = 60_000;

    /// <summary><c>corpus</c> (to train on), <c>tuning</c> (dialogues) or <c>questions</c> (held-out records for evaluation; so many a dimension as <see cref="Documents"/> says).</summary>
    public string Part { get; init; } = "corpus";

    /// <summary>Share of planted dirt in the corpus: duplicates, near duplicates, noise, repetition. Cleaning has to find it.</summary>
    public double Dirt { get; init; }
}

/// <summary>Result of the catalog job <c>import</c>.</summary>
public sealed record ImportResult
{
    public required Guid DatasetId { get; init; }
    public required int Version { get; init; }
    public required string ArtifactId { get; init; }
    public required long Rows { get; init; }
    public required long Bytes { get; init; }

    /// <summary>Rows kept out because they could not be read.</summary>
    public required long RejectedRows { get; init; }

    /// <summary>The first of them, with line and reason.</summary>
    public required IReadOnlyList<RejectedRow> Rejected { get; init; }
}

public sealed record RejectedRow
{
    /// <summary>Line or row number, from 1.</summary>
    public required long Line { get; init; }
    public required string Reason { get; init; }
}

public sealed record DatasetView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Markdown.</summary>
    public required string Card { get; init; }
    public string? License { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Newest first.</summary>
    public required IReadOnlyList<DatasetVersionView> Versions { get; init; }
}

public sealed record DatasetVersionView
{
    public required int Version { get; init; }
    public required string ArtifactId { get; init; }
    public required long Rows { get; init; }
    public required long Bytes { get; init; }
    public required long RejectedRows { get; init; }
    public required IReadOnlyList<RejectedRow> Rejected { get; init; }

    /// <summary>File name or <c>sample</c>.</summary>
    public required string Source { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public Guid? JobId { get; init; }

    /// <summary>Share of rows by kind, where rows say their kind (the built-in sample does).</summary>
    public IReadOnlyDictionary<string, long> RowKinds { get; init; } = new Dictionary<string, long>();
}

/// <summary>Body of <c>PUT /api/catalog/datasets/{id}/card</c> (needs <c>If-Match</c>).</summary>
public sealed record DatasetCard
{
    public required string Card { get; init; }
    public string? License { get; init; }
}

/// <summary><c>GET /api/catalog/datasets/{id}/versions/{version}/rows?offset=&amp;limit=</c>.</summary>
public sealed record RowsView
{
    public required long Offset { get; init; }
    public required long Total { get; init; }
    public required IReadOnlyList<JsonElement> Rows { get; init; }
}

/// <summary>Body of <c>POST /api/catalog/uploads</c>.</summary>
public sealed record StartUpload
{
    public required string FileName { get; init; }
    public required long SizeBytes { get; init; }
}

/// <summary>An upload in progress. Bytes go in by <c>PATCH /api/catalog/uploads/{id}</c> with the header <c>Upload-Offset</c>.</summary>
public sealed record UploadView
{
    public required Guid Id { get; init; }
    public required string FileName { get; init; }
    public required long SizeBytes { get; init; }

    /// <summary>Bytes that are safely stored; go on from here.</summary>
    public required long Offset { get; init; }
    public required bool Complete { get; init; }
}
