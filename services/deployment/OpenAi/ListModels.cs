using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment.OpenAi;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{model}</c>: a model id is a deployment's name, or that and an adapter's, <c>name:adapter</c>.</summary>
internal static class ListModels
{
    public static void Map(IEndpointRouteBuilder root)
    {
        root.MapGet("/v1/models", ListAsync).RequireScope(Scopes.Chat);
        root.MapGet("/v1/models/{model}", GetAsync).RequireScope(Scopes.Chat);
    }

    private static async Task<JsonHttpResult<ModelList>> ListAsync(DeploymentDb db, CancellationToken cancellationToken)
    {
        var rows = await db.Deployments.AsNoTracking().OrderBy(row => row.Name).ToListAsync(cancellationToken);
        return TypedResults.Json(new ModelList { Data = [.. rows.SelectMany(Cards)] }, OpenAiJson.Shared.ModelList);
    }

    private static async Task<Results<JsonHttpResult<ModelCard>, ProblemHttpResult>> GetAsync(string model, DeploymentDb db, CancellationToken cancellationToken) =>
        await db.ServingAsync(model, cancellationToken) is not { } row ? Problems.NoSuchModel(model)
            : TypedResults.Json(Card(row, ModelId.Parts(model).Adapter), OpenAiJson.Shared.ModelCard);

    private static IEnumerable<ModelCard> Cards(DeploymentRow row) => [Card(row, null), .. row.Adapters().Select(adapter => Card(row, adapter.Name))];

    private static ModelCard Card(DeploymentRow row, string? adapter) => new()
    {
        Id = ModelId.Of(row.Name, adapter),
        Parent = adapter is null ? null : row.Name,
        Created = row.CreatedAt.ToUnixTimeSeconds(),
        State = row.State.ToString().ToLowerInvariant(),
        ContextLength = row.ContextLength,
        Capabilities = row.Capabilities?.Split(','),
        Template = row.Template,
        WeightBits = row.WeightBits,
        Quantization = row.Quantization,
    };
}
