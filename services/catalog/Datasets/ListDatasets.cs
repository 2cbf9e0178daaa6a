using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Datasets;

/// <summary><c>GET /api/catalog/datasets?q=&amp;limit=&amp;cursor=</c>: the project's data sets, newest first.</summary>
internal static class ListDatasets
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/datasets", HandleAsync);

    public static async Task<Results<Ok<Page<DatasetView>>, ProblemHttpResult>> HandleAsync(
        string? q, int? limit, string? cursor, CatalogDb db, CancellationToken cancellationToken)
    {
        if (!PageQuery.TryRead(limit, cursor, out var page, out var refusal))
        {
            return Problems.InvalidPage(refusal.Field, refusal.Reason);
        }

        var datasets = db.Datasets.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(q))
        {
            var searched = q.Trim().ToLowerInvariant();
#pragma warning disable CA1304, CA1311, CA1862 // translated to SQL, where there is no culture
            datasets = datasets.Where(dataset => dataset.Name.ToLower().Contains(searched) || dataset.Card.ToLower().Contains(searched));
#pragma warning restore CA1304, CA1311, CA1862
        }

        if (page.Before is { } before)
        {
            datasets = datasets.Where(dataset => dataset.Id.CompareTo(before) < 0);
        }

        var rows = await datasets.Include(dataset => dataset.Versions).OrderByDescending(dataset => dataset.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Cut(rows, dataset => dataset.Id, DatasetViews.ToView));
    }
}
