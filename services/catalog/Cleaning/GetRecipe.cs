using InternPlatform.Contracts.Catalog;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Catalog.Cleaning;

/// <summary><c>GET /api/catalog/cleaning/recipe</c>: the steps of the default recipe with all their options, to be changed and sent back.</summary>
internal static class GetRecipe
{
    public static void Map(IEndpointRouteBuilder catalog) => catalog.MapGet("/cleaning/recipe", Handle);

    public static Ok<CleaningRecipe> Handle() => TypedResults.Ok(new CleaningRecipe { Steps = Recipe.Default });
}
