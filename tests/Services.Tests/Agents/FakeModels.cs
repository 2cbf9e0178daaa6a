using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Deployment;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Services.Tests.Agents;

/// <summary>A deployment service on a real port whose model says what the test says.</summary>
internal sealed class FakeModels : IAsyncDisposable
{
    public const string Model = "fake";
    public static readonly string ModelArtifact = new('c', 64);

    private readonly WebApplication app;

    private FakeModels(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>Bodies of the chat requests, in order.</summary>
    public ConcurrentQueue<JsonElement> Asked { get; } = [];

    /// <summary>The message of the answer, or null for status 503.</summary>
    public Func<JsonElement, JsonObject?> Say { get; set; } = _ => Text("hello");

    /// <summary>Called before and after an answer is made, with its number; true swallows the answer.</summary>
    public Func<int, bool, CancellationToken, Task<bool>> Interrupt { get; set; } = (_, _, _) => Task.FromResult(false);

    /// <summary>Answers chat with this status and OpenAI's error.</summary>
    public int? Refuse { get; set; }

    public static JsonObject Text(string content) => new() { ["role"] = "assistant", ["content"] = content };

    public static JsonObject Call(string tool, string arguments) => Calls((tool, arguments));

    public static JsonObject Calls(params (string Tool, string Arguments)[] calls) => new()
    {
        ["role"] = "assistant",
        ["content"] = null,
        ["tool_calls"] = new JsonArray([.. calls.Select((call, i) => new JsonObject
        {
            ["id"] = $"call-{i}",
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Tool, ["arguments"] = call.Arguments },
        })]),
    };

    /// <summary>A model that calls the calculator with the numbers it is shown, and then repeats what the tool said: it never knows a sum.</summary>
    public static JsonObject Copier(JsonElement body)
    {
        var last = body.GetProperty("messages").EnumerateArray().Last();
        var content = last.GetProperty("content").GetString()!;
        if (last.GetProperty("role").GetString() == "tool")
        {
            return Text($"The answer is {content}.");
        }

        var numbers = content.Split(' ').Where(word => word.Length > 0 && char.IsAsciiDigit(word[0])).Select(word => word.TrimEnd('?')).ToList();
        return Call("calculator", $$"""{"a": {{numbers[0]}}, "b": {{numbers[1]}}, "op": "add"}""");
    }

    public static async Task<FakeModels> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var models = new FakeModels(builder.Build());
        models.app.MapGet("/api/deployment/deployments/{name}", (string name) => name == Model ? Results.Json(View, PlatformJson.Options) : Results.NotFound());
        models.app.MapPost("/v1/chat/completions", models.AnswerAsync);
        await models.app.StartAsync();
        return models;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private static DeploymentView View => new()
    {
        Id = Guid.CreateVersion7(),
        Name = Model,
        ModelArtifactId = ModelArtifact,
        State = DeploymentState.Ready,
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };

    private async Task<IResult> AnswerAsync(JsonElement body, HttpContext http)
    {
        Asked.Enqueue(body.Clone());
        var number = Asked.Count;
        if (Refuse is { } status)
        {
            return Results.Json(new JsonObject { ["error"] = new JsonObject { ["message"] = "The prompt is too long.", ["type"] = "invalid_request_error" } }, statusCode: status);
        }

        if (await Interrupt(number, false, http.RequestAborted) || Say(body) is not { } message || await Interrupt(number, true, http.RequestAborted))
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        return Results.Json(new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = "stop" }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 11, ["completion_tokens"] = 7 },
        });
    }
}
