using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary><c>GET /api/catalog/datasets/{idOrName}/versions</c> and <c>…/versions/{version}</c>.</summary>
internal static class ListVersions
{
    public static void Map(IEndpointRouteBuilder catalog)
    {
        catalog.MapGet("/datasets/{idOrName}/versions", HandleAsync);
        catalog.MapGet("/datasets/{idOrName}/versions/{version:int}", HandleOneAsync);
    }

    public static async Task<Results<Ok<IReadOnlyList<DatasetVersionView>>, ProblemHttpResult>> HandleAsync(string idOrName, CatalogDb db, CancellationToken cancellationToken) =>
        await db.Datasets.AsNoTracking().Include(dataset => dataset.Versions).FindAsync(idOrName, cancellationToken) is { } found
            ? TypedResults.Ok(found.ToView().Versions)
            : Problems.DatasetNotFound();

    public static async Task<Results<Ok<DatasetVersionView>, ProblemHttpResult>> HandleOneAsync(string idOrName, int version, CatalogDb db, CancellationToken cancellationToken)
    {
        if (await db.Datasets.AsNoTracking().Include(dataset => dataset.Versions).FindAsync(idOrName, cancellationToken) is not { } found)
        {
            return Problems.DatasetNotFound();
        }

        return found.Versions.SingleOrDefault(row => row.Version == version) is { } row ? TypedResults.Ok(row.ToView()) : Problems.VersionNotFound();
    }
}
