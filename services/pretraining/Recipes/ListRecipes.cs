using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Pretraining.Recipes;

/// <summary><c>GET /api/pretraining/recipes</c>: complete configurations by name, to start from; shards and tokenizer are left blank.</summary>
internal static class ListRecipes
{
    private static readonly Dictionary<string, Func<string, string, string, PretrainSpec>> Recipes = new() { [TourRecipe.Name] = TourRecipe.For };

    public static void Map(IEndpointRouteBuilder pretraining) => pretraining.MapGet("/recipes", List);

    private static Dictionary<string, PretrainSpec> List() => Recipes.ToDictionary(recipe => recipe.Key, recipe => recipe.Value(recipe.Key, "", ""));
}
