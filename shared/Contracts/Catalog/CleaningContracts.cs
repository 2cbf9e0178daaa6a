using System.Text.Json;

namespace InternPlatform.Contracts.Catalog;

/// <summary>Spec of the catalog job <c>clean</c>: makes a version of a data set from another one, step by step.</summary>
public sealed record CleanDataset
{
    /// <summary>Name of the data set that the kept rows go to.</summary>
    public required string Name { get; init; }

    /// <summary>Artefact of a data-set version.</summary>
    public required string DatasetArtifactId { get; init; }

    /// <summary>In this order; null: the recipe of <c>GET /api/catalog/cleaning/recipe</c>.</summary>
    public IReadOnlyList<CleaningStep>? Steps { get; init; }
}

/// <summary><c>GET /api/catalog/cleaning/recipe</c>: the default recipe with every option, to be changed and sent as <see cref="CleanDataset.Steps"/>.</summary>
public sealed record CleaningRecipe
{
    public required IReadOnlyList<CleaningStep> Steps { get; init; }
}

/// <summary>One step of a cleaning recipe.</summary>
public sealed record CleaningStep
{
    /// <summary><c>normalize</c>, <c>language</c>, <c>length</c>, <c>repetition</c>, <c>exact-duplicates</c>, <c>near-duplicates</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The kind's own options; what is left out has the kind's default.</summary>
    public JsonElement? Options { get; init; }
}

/// <summary>Result of the catalog job <c>clean</c>.</summary>
public sealed record CleanResult
{
    public required Guid DatasetId { get; init; }
    public required int Version { get; init; }
    public required string ArtifactId { get; init; }
    public required long RowsIn { get; init; }
    public required long RowsOut { get; init; }
    public required IReadOnlyList<CleaningStepReport> Steps { get; init; }
}

public sealed record CleaningStepReport
{
    public required string Kind { get; init; }
    public required long RowsIn { get; init; }
    public required long RowsOut { get; init; }

    /// <summary>Rows kept, but not as they were.</summary>
    public required long RowsChanged { get; init; }

    /// <summary>Up to twenty dropped rows, spread over all of them.</summary>
    public required IReadOnlyList<DroppedRow> Dropped { get; init; }
}

public sealed record DroppedRow
{
    /// <summary>Row of the data set that was cleaned, from 0.</summary>
    public required long Row { get; init; }

    /// <summary>The beginning of its text.</summary>
    public required string Text { get; init; }

    /// <summary>Which rule, with the measured value and the limit.</summary>
    public required string Reason { get; init; }
}

/// <summary><c>GET /api/catalog/datasets/{id}/versions/{version}/statistics</c>.</summary>
public sealed record DatasetStatistics
{
    public required long Rows { get; init; }
    public required IReadOnlyList<ColumnStatistics> Columns { get; init; }
}

public sealed record ColumnStatistics
{
    public required string Name { get; init; }

    /// <summary><c>text</c>, <c>messages</c>, <c>number</c>, <c>boolean</c>, <c>list</c>, <c>object</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Rows without a value.</summary>
    public required long Missing { get; init; }
    public required long Distinct { get; init; }

    /// <summary>Of numbers: of the values; else of the lengths in characters.</summary>
    public double? Minimum { get; init; }
    public double? Maximum { get; init; }
    public double? Mean { get; init; }
    public double? Median { get; init; }

    /// <summary>Counts in bins of equal width between minimum and maximum.</summary>
    public IReadOnlyList<long> Histogram { get; init; } = [];

    /// <summary>Share of rows by language (<c>en</c>, <c>zh</c>, <c>other</c>), for texts.</summary>
    public IReadOnlyDictionary<string, long> Languages { get; init; } = new Dictionary<string, long>();
}
