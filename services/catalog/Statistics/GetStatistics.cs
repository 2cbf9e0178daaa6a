using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Datasets;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Statistics;

/// <summary>
/// <c>GET /api/catalog/datasets/{idOrName}/versions/{version}/statistics</c>: what the columns hold. A version without them is counted while the caller waits,
/// if it is not too large.
/// </summary>
internal static class GetStatistics
{
    private const long MostCountedBytes = 64 << 20;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/datasets/{idOrName}/versions/{version:int}/statistics", HandleAsync);

    public static async Task<Results<Ok<DatasetStatistics>, ProblemHttpResult>> HandleAsync(
        string idOrName, int version, CatalogDb db, CatalogFiles files, CancellationToken cancellationToken)
    {
        if (await db.Datasets.AsNoTracking().FindAsync(idOrName, cancellationToken) is not { } dataset)
        {
            return Problems.DatasetNotFound();
        }

        if (await db.DatasetVersions.AsNoTracking().SingleOrDefaultAsync(row => row.DatasetId == dataset.Id && row.Version == version, cancellationToken) is not { } found)
        {
            return Problems.VersionNotFound();
        }

        try
        {
            return await ReadAsync(files.Store, found.ArtifactId, cancellationToken) is { } stored ? TypedResults.Ok(stored)
                : found.Bytes > MostCountedBytes ? Problems.StatisticsNotFound(found.Bytes)
                : TypedResults.Ok(await CountAsync(files.Store, found.ArtifactId, cancellationToken));
        }
        catch (Exception e) when (e is CorruptArtifactException or ArtifactNotFoundException)
        {
            return Problems.RowsDamaged(found.ArtifactId);
        }
    }

    private static async Task<DatasetStatistics?> ReadAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadManifestAsync(artifactId, cancellationToken);
        if (manifest.Files.All(file => file.Path != DatasetFiles.Statistics))
        {
            return null;
        }

        await using var file = await store.OpenFileAsync(artifactId, DatasetFiles.Statistics, cancellationToken);
        return await JsonSerializer.DeserializeAsync<DatasetStatistics>(file, PlatformJson.Options, cancellationToken);
    }

    private static async Task<DatasetStatistics> CountAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        using var rows = await DatasetRows.OpenAsync(store, artifactId, cancellationToken);
        return StatisticsBuilder.Of(rows, cancellationToken);
    }
}
