using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary><c>GET /api/catalog/models?q=&amp;limit=&amp;cursor=</c>: the project's models, newest first.</summary>
internal static class ListModels
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/models", HandleAsync);

    public static async Task<Results<Ok<Page<ModelView>>, ProblemHttpResult>> HandleAsync(
        string? q, int? limit, string? cursor, CatalogDb db, CancellationToken cancellationToken)
    {
        if (!PageQuery.TryRead(limit, cursor, out var page, out var refusal))
        {
            return Problems.InvalidPage(refusal.Field, refusal.Reason);
        }

        var models = db.Models.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(q))
        {
            var searched = q.Trim().ToLowerInvariant();
#pragma warning disable CA1304, CA1311, CA1862 // translated to SQL, where there is no culture
            models = models.Where(model => model.Name.ToLower().Contains(searched));
#pragma warning restore CA1304, CA1311, CA1862
        }

        if (page.Before is { } before)
        {
            models = models.Where(model => model.Id.CompareTo(before) < 0);
        }

        var rows = await models.OrderByDescending(model => model.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Cut(rows, model => model.Id, ModelViews.ToView));
    }
}
