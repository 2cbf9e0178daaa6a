using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Deployment;

/// <summary>The real deployment service with real SQLite and one random model, its replicas children of the test's own executable.</summary>
public sealed class DeploymentHost : IAsyncLifetime
{
    public const string Model = "tiny";
    public const int ContextLength = 512;
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");
    public static readonly Guid OtherProject = Guid.Parse("00000000-0000-7000-8000-000000000002");

    private readonly TemporaryFolder folder = new();
    private readonly TinyModel tiny = new();
    private WebApplication? app;

    public HttpClient Client => ClientOf(Project);
    public IArtifactStore Store => app!.Services.GetRequiredService<IArtifactStore>();
    public string ModelArtifact { get; private set; } = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public HttpClient ClientOf(Guid project) => app!.Services.GetRequiredService<ServiceClients>()
        .For("deployment", new Originator("user", "User", project, [Scopes.Read, Scopes.Write, Scopes.Chat]));

    public async ValueTask InitializeAsync()
    {
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Platform:Data={folder.Path}", "--Logging:LogLevel:Default=Error",
            "--Deployment:BackoffSeconds=0.05", "--Deployment:MaxCrashes=2", "--Deployment:MaxRunningSequences=8", "--Deployment:MaxWaitingRequests=16",
        ];
        app = PlatformHostBuilder.Build(args, [DeploymentService.Definition], new HostExtensions { Name = "deployment-tests", Embedded = true });
        await app.StartAsync(Cancel);
        ModelArtifact = await Store.PutFolderAsync("model", tiny.Write(contextLength: ContextLength), new Dictionary<string, string>(), Cancel);
        await ReadyAsync(await DeployAsync(Model));
    }

    /// <summary>A graceful stop, as on a signal.</summary>
    public Task StopAsync() => app!.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await app!.DisposeAsync();
        tiny.Dispose();
        folder.Dispose();
    }

    public async Task<Guid> DeployAsync(string name, string? artifact = null, int cacheBits = 32, string? draft = null, params (string Name, string Artifact)[] adapters)
    {
        using var answer = await PostAsync("api/deployment/deployments", Deployment(name, artifact ?? ModelArtifact, cacheBits, draft, adapters));
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
        var view = (await answer.Content.ReadFromJsonAsync<DeploymentView>(PlatformJson.Options, Cancel))!;
        Assert.Equal($"/api/deployment/deployments/{view.Id}", answer.Headers.Location?.ToString());
        return view.Id;
    }

    public static JsonObject Deployment(string name, string artifact, int cacheBits = 32, string? draft = null, params (string Name, string Artifact)[] adapters) => new()
    {
        ["name"] = name,
        ["modelArtifactId"] = artifact,
        ["cacheBits"] = cacheBits,
        ["draftArtifactId"] = draft,
        ["adapters"] = new JsonArray([.. adapters.Select(adapter => new JsonObject { ["name"] = adapter.Name, ["artifactId"] = adapter.Artifact })]),
    };

    /// <summary>An artifact of files that the callback writes.</summary>
    public async Task<string> PutAsync(string kind, Action<string> write)
    {
        using var files = new TemporaryFolder();
        write(files.Path);
        return await Store.PutFolderAsync(kind, files.Path, new Dictionary<string, string>(), Cancel);
    }

    public Task<DeploymentView> ReadyAsync(Guid id) => WhenAsync(id, view => view.State == DeploymentState.Ready);

    public async Task<DeploymentView> WhenAsync(Guid id, Func<DeploymentView, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var view = (await Client.GetFromJsonAsync<DeploymentView>($"api/deployment/deployments/{id}", PlatformJson.Options, Cancel))!;
            if (condition(view))
            {
                return view;
            }

            Assert.False(limit.IsCancellationRequested, $"after 60 s: {view.State} {view.Problem}");
            await Task.Delay(50, Cancel);
        }
    }

    public Task<HttpResponseMessage> PostAsync(string path, JsonNode body, Guid? project = null) => ClientOf(project ?? Project).PostAsJsonAsync(path, body, Cancel);

    public static JsonObject Chat(string question, params (string Name, JsonNode Value)[] more)
    {
        var body = new JsonObject
        {
            ["model"] = Model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question }),
            ["max_tokens"] = 12,
            ["seed"] = 7,
        };
        foreach (var (name, value) in more)
        {
            body[name] = value;
        }

        return body;
    }

    public async Task<JsonElement> AskAsync(string path, JsonNode body)
    {
        using var answer = await PostAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }

    public Task<JsonElement> ChatAsync(JsonNode body) => AskAsync("v1/chat/completions", body);

    /// <summary>The data lines of a streamed answer.</summary>
    public async Task<List<string>> StreamAsync(string path, JsonObject body)
    {
        body["stream"] = true;
        using var answer = await PostAsync(path, body);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line["data: ".Length..])];
    }

    public async Task<(HttpStatusCode Status, JsonElement Error)> RefusalAsync(string path, JsonNode body, Guid? project = null)
    {
        using var answer = await PostAsync(path, body, project);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("error"));
    }

    /// <summary>Process ids of the replicas.</summary>
    public static IEnumerable<int> Replicas(Guid deployment) => Directory.EnumerateDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), out _) && CommandLine(path).Contains(deployment.ToString(), StringComparison.Ordinal))
        .Select(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture));

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
