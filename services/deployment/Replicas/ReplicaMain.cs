using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InternPlatform.Deployment.OpenAi;
using InternPlatform.Inference;
using InternPlatform.Inference.Runners;
using InternPlatform.Inference.Text;
using InternPlatform.Models;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace InternPlatform.Deployment.Replicas;

/// <summary>
/// Main function of a replica: <c>&lt;host&gt; replica &lt;deploymentId&gt; --service deployment</c>. One model, one engine, one listener on
/// loopback. It ends with its standard input, so with whoever started it; signals to the whole group are the supervisor's to
/// answer, which lets running answers end first.
/// </summary>
internal static class ReplicaMain
{
    public const string Verb = "replica";
    public const string StatusPath = "/replica/status";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        if (await input.ReadLineAsync(cancellationToken) is not { } line)
        {
            return 1;
        }

        var order = JsonSerializer.Deserialize<ReplicaOrder>(line, PlatformJson.Options)!;
        EndWith(input);
        ServedModel model;
        try
        {
            model = Load(order);
        }
        catch (Exception e) when (e is InvalidModelException or InferenceException)
        {
            Report(new() { Problem = e.Message });
            return 1;
        }

        await using (model.Text)
        {
            await ServeAsync(order, model);
        }

        return 0;
    }

    private static ServedModel Load(ReplicaOrder order)
    {
        using var shape = order.Adapters.Count == 0 ? null : ModelWithTokenizer.Open(order.Folder);
        var adapters = order.Adapters.ToDictionary(adapter => adapter.Name, adapter => (Weights: LoraAdapter.Read(adapter.Folder, shape!.Model.Config), adapter.Fingerprint));
        var bytes = adapters.Values.Sum(adapter => adapter.Weights.Bytes);
        var engine = order.Engine with
        {
            MaxAdapterRank = adapters.Values.Select(adapter => adapter.Weights.Rank).DefaultIfEmpty().Max(),
            MemoryBytes = (order.Engine.MemoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) - bytes,
        };
        var text = TextModel.Load(order.Folder, order.DraftFolder, engine, TimeProvider.System);
        // Once, before anybody waits: what was only read to be packed goes back to the machine.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new(order.Name, order.Fingerprint, text) { Adapters = adapters };
    }

    private static async Task ServeAsync(ReplicaOrder order, ServedModel model)
    {
        var text = model.Text;
        await using var app = Build(order, model);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Report(new()
        {
            Port = new Uri(address).Port,
            ContextLength = text.Engine.Plan.ContextLength,
            Parameters = text.Engine.Config.ParameterCount(),
            PlannedBytes = text.Engine.Plan.TotalBytes + model.Adapters.Values.Sum(adapter => adapter.Weights.Bytes),
            Template = text.Template?.Name,
            Capabilities = string.Join(',', Capabilities(text)),
            WeightBits = text.Engine.Config.WeightBits,
            Quantization = text.Engine.Config.Quantization?.Method,
        });
        await app.WaitForShutdownAsync();
    }

    private static WebApplication Build(ReplicaOrder order, ServedModel model)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        // Standard output carries the report.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton<IHostLifetime, DeafLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var secret = Encoding.UTF8.GetBytes(order.Secret);
        app.Use((http, next) => GuardAsync(http, next, secret));
        app.Use(AnswerRefusalsAsync);
        app.MapGet(StatusPath, () => TypedResults.Json(model.Text.Engine.Status(), PlatformJson.Options));
        app.MapPost("/v1/chat/completions", http => ChatCompletions.HandleAsync(http, model, TimeProvider.System));
        app.MapPost("/v1/completions", http => Completions.HandleAsync(http, model, TimeProvider.System));
        app.MapPost("/v1/embeddings", http => Embeddings.HandleAsync(http, model));
        return app;
    }

    private static Task GuardAsync(HttpContext http, RequestDelegate next, byte[] secret)
    {
        var given = Encoding.UTF8.GetBytes(http.Request.Headers[ReplicaClient.SecretHeader].ToString());
        if (CryptographicOperations.FixedTimeEquals(given, secret))
        {
            return next(http);
        }

        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private static async Task AnswerRefusalsAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (OpenAiRefusal refusal)
        {
            await WriteAsync(http, refusal);
        }
        catch (InferenceException e) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, OpenAiRefusal.Of(e, FieldOf(http.Request.Path)));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller left; what the request held is free.
        }
    }

    private static Task WriteAsync(HttpContext http, OpenAiRefusal refusal)
    {
        http.Response.StatusCode = refusal.Status;
        if (refusal.TryLater)
        {
            http.Response.Headers.RetryAfter = "1";
        }

        return http.Response.WriteAsJsonAsync(refusal.Body(), OpenAiJson.Shared.ErrorBody, cancellationToken: http.RequestAborted);
    }

    /// <summary>Where the text stands in a request to this route.</summary>
    private static string FieldOf(PathString route) => route.Value switch
    {
        "/v1/chat/completions" => "messages",
        "/v1/embeddings" => "input",
        _ => "prompt",
    };

    private static IEnumerable<string> Capabilities(TextModel text)
    {
        if (text.Template is not null)
        {
            yield return "chat";
        }

        yield return "completions";
        yield return "embeddings";
        yield return "logprobs";
        yield return "json_schema";
        if (text.CanCallTools)
        {
            yield return "tools";
        }
    }

    private static void Report(ReplicaReport report)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(report, PlatformJson.Options));
        Console.Out.Flush();
    }

    /// <summary>A thread of its own: the replica ends with its supervisor even when every pool thread is busy.</summary>
    private static void EndWith(StreamReader input) => new Thread(() =>
    {
        while (input.ReadLine() is not null)
        {
        }

        using var self = Process.GetCurrentProcess();
        self.Kill();
    })
    { IsBackground = true, Name = "supervisor" }.Start();

    /// <summary>Takes no signals; see above.</summary>
    private sealed class DeafLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
