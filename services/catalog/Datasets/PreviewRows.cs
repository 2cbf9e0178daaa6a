using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary>
/// <c>GET /api/catalog/datasets/{idOrName}/versions/{version}/rows?offset=&amp;limit=</c>: rows as they are stored, from any place. Bytes that are not those
/// which were stored are never shown. Fewer rows than asked come where they are long.
/// </summary>
internal static class PreviewRows
{
    private const int UsualLimit = 20;
    private const int MostRows = 500;
    private const int MostBytes = 4 << 20;

    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/datasets/{idOrName}/versions/{version:int}/rows", HandleAsync);

    public static async Task<Results<Ok<RowsView>, ProblemHttpResult>> HandleAsync(
        string idOrName, int version, long? offset, int? limit, CatalogDb db, CatalogFiles files, CancellationToken cancellationToken)
    {
        var first = offset ?? 0;
        var count = limit ?? UsualLimit;
        if (first < 0 || count is < 1 or > MostRows)
        {
            return first < 0 ? Problems.InvalidPage("offset", "It is 0 or more.") : Problems.InvalidPage("limit", $"It is from 1 to {MostRows}.");
        }

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
            var rows = first < found.Rows ? await ReadAsync(files.Store, found.ArtifactId, first, count, cancellationToken) : [];
            return TypedResults.Ok(new RowsView { Offset = first, Total = found.Rows, Rows = rows });
        }
        catch (CorruptArtifactException)
        {
            return Problems.RowsDamaged(found.ArtifactId);
        }
        catch (ArtifactNotFoundException)
        {
            return Problems.RowsDamaged(found.ArtifactId);
        }
    }

    private static async Task<List<JsonElement>> ReadAsync(IArtifactStore store, string artifactId, long first, int count, CancellationToken cancellationToken)
    {
        await using var index = await store.OpenFileAsync(artifactId, DatasetFiles.Index, cancellationToken);
        var (begin, skip) = (await RowIndex.ReadAsync(index, cancellationToken)).Find(first);
        await using var stream = await store.OpenFileAsync(artifactId, DatasetFiles.Rows, cancellationToken);
        stream.Position = begin;
        var lines = new LineReader(stream, DatasetRows.LongestRow);
        var rows = new List<JsonElement>(Math.Min(count, 64));
        var bytes = 0;
        while (rows.Count < count && lines.TryRead(out var line))
        {
            if (skip-- > 0)
            {
                continue;
            }

            bytes += line.Length;
            if (bytes > MostBytes && rows.Count > 0)
            {
                break;
            }

            var reader = new Utf8JsonReader(line);
            rows.Add(JsonElement.ParseValue(ref reader));
        }

        return rows;
    }
}
