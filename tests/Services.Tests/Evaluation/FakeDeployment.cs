using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Deployment;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>A deployment service on a real port whose model answers as the test says: the OpenAI protocol, with prompts as token ids.</summary>
internal sealed class FakeDeployment : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeDeployment(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    public string ModelArtifactId { get; set; } = "";

    public string State { get; set; } = "ready";

    public string[] Capabilities { get; set; } = ["chat", "completions", "logprobs", "json_schema", "tools"];

    public string? Template { get; set; } = "internlm2";

    public int ContextLength { get; set; } = 100_000;

    /// <summary>Log-probability of every token of a prompt, by its text and its place in the request.</summary>
    public Func<string, int, double> Score { get; set; } = (_, _) => -1;

    /// <summary>What is written behind a prompt.</summary>
    public Func<string, string> Write { get; set; } = _ => "";

    /// <summary>The assistant's message to a chat request.</summary>
    public Func<JsonElement, JsonObject> Chat { get; set; } = _ => new JsonObject { ["content"] = "" };

    /// <summary>Sees each question before it is answered; a status other than 0 is the answer.</summary>
    public Func<int, string, Task<int>> Before { get; set; } = (_, _) => Task.FromResult(0);

    /// <summary>Bodies of completions and chats, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public static async Task<FakeDeployment> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var fake = new FakeDeployment(builder.Build());
        fake.Map();
        await fake.app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private void Map()
    {
        app.MapGet("/api/deployment/deployments/{name}", (string name) => Results.Json(
            new DeploymentView { Id = Guid.NewGuid(), Name = name, ModelArtifactId = ModelArtifactId, State = DeploymentState.Ready, CreatedAt = DateTimeOffset.UnixEpoch }, PlatformJson.Options));
        app.MapGet("/v1/models/{name}", (string name) => Results.Json(new JsonObject
        {
            ["id"] = name,
            ["state"] = State,
            ["context_length"] = ContextLength,
            ["capabilities"] = new JsonArray([.. Capabilities.Select(one => (JsonNode)one)]),
            ["template"] = Template,
        }));
        app.MapPost("/v1/completions", (HttpRequest request) => AnswerAsync(request, Complete));
        app.MapPost("/v1/chat/completions", (HttpRequest request) => AnswerAsync(request, body => new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject { ["message"] = Chat(body) }),
        }));
    }

    private async Task<IResult> AnswerAsync(HttpRequest request, Func<JsonElement, JsonObject> answer)
    {
        using var reader = new StreamReader(request.Body);
        var text = await reader.ReadToEndAsync();
        var body = JsonElement.Parse(text);
        Asked.Enqueue(text);
        var seen = body.TryGetProperty("prompt", out var prompts) ? string.Join('\n', prompts.EnumerateArray().Select(Decode)) : text;
        var status = await Before(Asked.Count, seen);
        return status == 0
            ? Results.Json(answer(body))
            : Results.Json(new JsonObject { ["error"] = new JsonObject { ["message"] = $"refused with {status}" } }, statusCode: status);
    }

    private JsonObject Complete(JsonElement body)
    {
        var isScored = body.TryGetProperty("echo", out var echo) && echo.GetBoolean();
        return new JsonObject
        {
            ["choices"] = new JsonArray([.. body.GetProperty("prompt").EnumerateArray().Select((prompt, i) => isScored ? Scored(prompt, i) : Written(prompt, i))]),
        };
    }

    private JsonObject Scored(JsonElement prompt, int index)
    {
        var each = Score(Decode(prompt), index);
        var all = Enumerable.Range(0, prompt.GetArrayLength()).Select(at => at == 0 ? null : (JsonNode)each);
        return new JsonObject { ["index"] = index, ["text"] = "", ["logprobs"] = new JsonObject { ["token_logprobs"] = new JsonArray([.. all]) } };
    }

    private JsonObject Written(JsonElement prompt, int index) => new() { ["index"] = index, ["text"] = Write(Decode(prompt)), ["finish_reason"] = "stop" };

    private static string Decode(JsonElement ids) => TinyModel.Tokenizer.Decode([.. ids.EnumerateArray().Select(id => id.GetInt32())], skipSpecialTokens: false);
}
