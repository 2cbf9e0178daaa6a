using System.Text.Json;
using InternPlatform.Deployment.Replicas;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>
/// <c>POST /v1/chat/completions</c>, <c>/v1/completions</c> and <c>/v1/embeddings</c>: finds the model's replica and passes the request on, the
/// answer piece by piece. The replica speaks the protocol; here it is only known whose model it is.
/// </summary>
internal static class AskModel
{
    private const long MaxBodyBytes = 4 << 20;
    private const string RetryAfterSeconds = "2";

    public static void Map(IEndpointRouteBuilder root)
    {
        foreach (var route in new[] { "/v1/chat/completions", "/v1/completions", "/v1/embeddings" })
        {
            root.MapPost(route, HandleAsync).RequireScope(Scopes.Chat).WithBodyLimit(MaxBodyBytes).Accepts<JsonElement>("application/json");
        }
    }

    private static async Task<IResult> HandleAsync(HttpContext http, Caller caller, DeploymentDb db, ReplicaSupervisor replicas, ReplicaClient client)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if (!TryReadModel(body.GetBuffer().AsMemory(0, (int)body.Length), out var model))
        {
            return Problems.NotJson();
        }

        if (model is null)
        {
            return Problems.ModelMissing();
        }

        if (await db.ServingAsync(model, http.RequestAborted) is not { } row)
        {
            return Problems.NoSuchModel(model);
        }

        if (replicas.Find(row.Id) is not { } replica)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
            return Problems.NotReady(row.Name, row.State, row.Problem);
        }

        body.Position = 0;
        if (!await client.ForwardAsync(http, replica, body, caller.ProjectId))
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
            return Problems.ReplicaLost(row.Name);
        }

        return TypedResults.Empty;
    }

    private static bool TryReadModel(ReadOnlyMemory<byte> body, out string? model)
    {
        model = null;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            model = document.RootElement.TryGetProperty("model", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperation: the name has a lone surrogate.
            return false;
        }
    }
}
