using System.Text.Json;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary>A data set as it is told.</summary>
internal static class DatasetViews
{
    public static DatasetView ToView(this DatasetRow dataset) => new()
    {
        Id = dataset.Id,
        Name = dataset.Name,
        Card = dataset.Card,
        License = dataset.License,
        CreatedAt = dataset.CreatedAt,
        UpdatedAt = dataset.UpdatedAt,
        Versions = [.. dataset.Versions.OrderByDescending(version => version.Version).Select(ToView)],
    };

    public static DatasetVersionView ToView(this DatasetVersionRow version) => new()
    {
        Version = version.Version,
        ArtifactId = version.ArtifactId,
        Rows = version.Rows,
        Bytes = version.Bytes,
        RejectedRows = version.RejectedRows,
        Rejected = JsonSerializer.Deserialize<List<RejectedRow>>(version.RejectedJson, PlatformJson.Options)!,
        Source = version.Source,
        CreatedAt = version.CreatedAt,
        JobId = version.JobId,
        RowKinds = JsonSerializer.Deserialize<Dictionary<string, long>>(version.RowKindsJson, PlatformJson.Options)!,
    };

    /// <summary>The ETag of a data set's card.</summary>
    public static string Tag(this DatasetRow dataset) => $"\"{dataset.Stamp:N}\"";

    /// <summary>A route takes either the id or the name; no name looks like an id.</summary>
    public static Task<DatasetRow?> FindAsync(this IQueryable<DatasetRow> datasets, string idOrName, CancellationToken cancellationToken) => Guid.TryParse(idOrName, out var id)
        ? datasets.SingleOrDefaultAsync(dataset => dataset.Id == id, cancellationToken)
        : datasets.SingleOrDefaultAsync(dataset => dataset.Name == idOrName, cancellationToken);
}
