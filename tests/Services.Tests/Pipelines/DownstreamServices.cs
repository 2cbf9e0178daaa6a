using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Services.Tests.Pipelines;

/// <summary>The services that a tour drives, on a real port: the job API, deployments and chat, with work that is over after two reads.</summary>
internal sealed class DownstreamServices : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, (string Body, Guid Id)> started = new();
    private readonly ConcurrentDictionary<Guid, Work> works = new();
    private int calls;

    private DownstreamServices(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>What was really started, as <c>import</c>, <c>deployment</c> or <c>chat</c>, in order.</summary>
    public ConcurrentQueue<string> Started { get; } = [];

    /// <summary>Specs and bodies of what was started, by kind.</summary>
    public ConcurrentDictionary<string, JsonElement> Bodies { get; } = new();

    /// <summary>Called with the number of the call before and after it is carried out; true swallows the answer.</summary>
    public Func<int, bool, CancellationToken, Task<bool>> Interrupt { get; set; } = (_, _, _) => Task.FromResult(false);

    /// <summary>Jobs of this kind fail.</summary>
    public string? FailingKind { get; set; }

    /// <summary>Jobs of this kind never end by themselves.</summary>
    public string? EndlessKind { get; set; }

    /// <summary>Lower end of the paired intervals, at each asking.</summary>
    public Func<double> Improvement { get; set; } = () => 0.1;

    /// <summary>What quantising costs, by bits.</summary>
    public Func<int, double> PerplexityRatio { get; set; } = _ => 1.01;

    /// <summary>Average score of an evaluated deployment.</summary>
    public Func<string, double?> Average { get; set; } = _ => 0.6;

    public string AgentAnswer { get; set; } = "The answer is 8313.";

    /// <summary>Answers 503 to everything.</summary>
    public bool Away { get; set; }

    public JobState? StateOf(string kind) => works.Values.SingleOrDefault(work => work.Kind == kind)?.State;

    public static async Task<DownstreamServices> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(
            new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase)));
        var services = new DownstreamServices(builder.Build());
        services.Map();
        await services.app.StartAsync();
        return services;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private void Map()
    {
        app.Use(InterruptAsync);
        app.MapPost("/api/{service}/jobs", (string service, StartJob body, HttpRequest request) =>
            Results.Json(Once(request, body.Kind, body.Kind, JsonSerializer.SerializeToElement(body, PlatformJson.Options), body.Spec).ToJob(service), PlatformJson.Options, statusCode: 202));
        app.MapGet("/api/{service}/jobs/{id:guid}", (string service, Guid id) =>
            works.TryGetValue(id, out var work) ? Results.Json(Progress(work).ToJob(service), PlatformJson.Options) : Results.NotFound());
        app.MapPost("/api/{service}/jobs/{id:guid}/cancel", (string service, Guid id) =>
        {
            works[id].State = JobState.Cancelled;
            return Results.Json(works[id].ToJob(service), PlatformJson.Options, statusCode: 202);
        });
        app.MapPost("/api/deployment/deployments", (CreateDeployment body, HttpRequest request) =>
            works.Values.Any(other => other.Kind == "deployment" && other.State == JobState.Failed) ? Results.Conflict()
            : Results.Json(Once(request, "deployment", body.Name, JsonSerializer.SerializeToElement(body, PlatformJson.Options)).ToDeployment(), PlatformJson.Options, statusCode: 202));
        app.MapGet("/api/deployment/deployments/{id:guid}", (Guid id) =>
            works.TryGetValue(id, out var work) ? Results.Json(Progress(work).ToDeployment(), PlatformJson.Options) : Results.NotFound());
        app.MapDelete("/api/deployment/deployments/{id:guid}", (Guid id) => works.TryRemove(id, out _) ? Results.NoContent() : Results.NotFound());
        app.MapGet("/api/evaluation/compare", (Guid @base, Guid other) => Results.Json(DownstreamResults.Comparison(@base, other, Improvement), PlatformJson.Options));
        app.MapPost("/api/agents/agents", (CreateAgent body, HttpRequest request) =>
            Results.Json(DownstreamResults.Agent(Once(request, "agent", body.Name, JsonSerializer.SerializeToElement(body, PlatformJson.Options)).Id, body), PlatformJson.Options, statusCode: 201));
        app.MapPost("/api/agents/agents/{agent:guid}/runs", (Guid agent, StartAgentRun body, HttpRequest request) =>
            Results.Json(DownstreamResults.AgentRun(Once(request, "agent-run", body.Question, JsonSerializer.SerializeToElement(body, PlatformJson.Options)).Id, agent, AgentRunState.Running, null), PlatformJson.Options, statusCode: 202));
        app.MapGet("/api/agents/runs/{id:guid}", (Guid id) => works.TryGetValue(id, out var work)
            ? Results.Json(DownstreamResults.AgentRun(id, Guid.Empty, Progress(work).State == JobState.Succeeded ? AgentRunState.Succeeded : AgentRunState.Running, AgentAnswer), PlatformJson.Options)
            : Results.NotFound());
        app.MapPost("/v1/chat/completions", (JsonElement body, HttpRequest request) =>
        {
            Once(request, "chat", "chat", body);
            return Results.Json(new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = " 4821." } }) });
        });
    }

    private async Task InterruptAsync(HttpContext context, RequestDelegate next)
    {
        Xunit.Assert.StartsWith("Bearer ", context.Request.Headers.Authorization.ToString(), StringComparison.Ordinal);
        var call = Interlocked.Increment(ref calls);
        if (Away)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (await Interrupt(call, false, context.RequestAborted))
        {
            context.Abort();
            return;
        }

        var answer = context.Response.Body;
        using var held = new MemoryStream();
        context.Response.Body = held;
        await next(context);
        context.Response.Body = answer;
        if (await Interrupt(call, true, context.RequestAborted))
        {
            context.Abort();
            return;
        }

        await answer.WriteAsync(held.ToArray(), context.RequestAborted);
    }

    /// <summary>The same key is the same work; another body under it is an error of the caller.</summary>
    private Work Once(HttpRequest request, string kind, string name, JsonElement body, JsonElement? spec = null)
    {
        var key = $"{request.Path}|{request.Headers["Idempotency-Key"]}";
        Xunit.Assert.NotEqual($"{request.Path}|", key);
        if (started.TryGetValue(key, out var first))
        {
            Xunit.Assert.Equal(first.Body, body.GetRawText());
            return works[first.Id];
        }

        var work = new Work { Id = Guid.CreateVersion7(), Kind = kind, Name = name, Spec = (spec ?? body).Clone(), Services = this };
        works[work.Id] = work;
        started[key] = (body.GetRawText(), work.Id);
        Started.Enqueue(kind);
        Bodies[kind] = (spec ?? body).Clone();
        return work;
    }

    private Work Progress(Work work)
    {
        work.Reads++;
        if (work.State is JobState.Queued or JobState.Running)
        {
            work.State = work.Reads < 2 || work.Kind == EndlessKind ? JobState.Running : work.Kind == FailingKind ? JobState.Failed : JobState.Succeeded;
        }

        return work;
    }

    private sealed class Work
    {
        public required JsonElement Spec { get; init; }
        public required DownstreamServices Services { get; init; }
        public required Guid Id { get; init; }
        public required string Kind { get; init; }
        public required string Name { get; init; }
        public JobState State { get; set; } = JobState.Queued;
        public int Reads { get; set; }

        public JobView ToJob(string service) => new()
        {
            Id = Id,
            Service = service,
            Kind = Kind,
            Name = Name,
            State = State,
            Attempt = 1,
            Progress = new JobProgress { Done = Reads, Total = 2, Unit = "reads" },
            Problem = State == JobState.Failed ? new JobProblem { Type = "urn:intern-platform:test:broken", Title = "It broke.", Detail = "Mend it." } : null,
            Spec = JsonElement.Parse("{}"),
            Result = State == JobState.Succeeded ? Result() : null,
            CreatedBy = "test",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };

        public DeploymentView ToDeployment() => new()
        {
            Id = Id,
            Name = Name,
            ModelArtifactId = Spec.GetProperty("modelArtifactId").GetString()!,
            State = State switch
            {
                JobState.Succeeded => DeploymentState.Ready,
                JobState.Failed => DeploymentState.Failed,
                _ => DeploymentState.Starting,
            },
            Problem = State == JobState.Failed ? "No memory." : null,
            CreatedAt = TimeProvider.System.GetUtcNow(),
            ContextLength = 512,
        };

        private JsonElement Result() => Kind switch
        {
            "quantize" => Json(DownstreamResults.Quantized(Spec.GetProperty("bits").GetInt32(), Services.PerplexityRatio)),
            "evaluate" => Json(DownstreamResults.Evaluated(Services.Average(Spec.GetProperty("model").GetString()!))),
            _ => Json(DownstreamResults.Of(Kind, Id)),
        };

        private static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value, PlatformJson.Options);
    }
}
