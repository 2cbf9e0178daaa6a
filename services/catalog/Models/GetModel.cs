using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Catalog.Models;

/// <summary><c>GET /api/catalog/models/{idOrName}?version=</c>: a model; by name, its newest version or the one asked for.</summary>
internal static class GetModel
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/models/{idOrName}", HandleAsync);

    public static async Task<Results<Ok<ModelView>, ProblemHttpResult>> HandleAsync(string idOrName, int? version, CatalogDb db, CancellationToken cancellationToken)
    {
        var models = db.Models.AsNoTracking();
        models = Guid.TryParse(idOrName, out var id) ? models.Where(model => model.Id == id) : models.Where(model => model.Name == idOrName);
        var found = await models.Where(model => version == null || model.Version == version).OrderByDescending(model => model.Version).FirstOrDefaultAsync(cancellationToken);
        return found is null ? Problems.ModelNotFound() : TypedResults.Ok(found.ToView());
    }
}
