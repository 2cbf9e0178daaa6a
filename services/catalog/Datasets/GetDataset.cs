using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary><c>GET /api/catalog/datasets/{idOrName}</c>: a data set with its card and versions; the ETag is the card's.</summary>
internal static class GetDataset
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/datasets/{idOrName}", HandleAsync);

    public static async Task<Results<Ok<DatasetView>, ProblemHttpResult>> HandleAsync(
        string idOrName, CatalogDb db, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await db.Datasets.AsNoTracking().Include(dataset => dataset.Versions).FindAsync(idOrName, cancellationToken) is not { } found)
        {
            return Problems.DatasetNotFound();
        }

        response.Headers.ETag = found.Tag();
        return TypedResults.Ok(found.ToView());
    }
}
