using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>The real catalog on a free port, with real SQLite, its jobs as children of the test's own executable.</summary>
public sealed class CatalogHost : IAsyncLifetime
{
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");
    public static readonly Guid OtherProject = Guid.Parse("00000000-0000-7000-8000-000000000002");

    /// <summary>More than any disk has, so that a full one can be met.</summary>
    public const long LongestUpload = 1L << 60;

    private readonly TemporaryFolder folder = new();
    private WebApplication? app;

    public HttpClient Client => ClientOf(Project);
    public IArtifactStore Store => app!.Services.GetRequiredService<IArtifactStore>();
    public string Data => folder.Path;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public HttpClient ClientOf(Guid project, params string[] scopes) => app!.Services.GetRequiredService<ServiceClients>()
        .For("catalog", new Originator("user", "User", project, scopes is [] ? [Scopes.Read, Scopes.Write] : scopes));

    public async ValueTask InitializeAsync()
    {
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Platform:Data={folder.Path}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:InternPlatform=Warning",
            $"--Catalog:LongestUploadBytes={LongestUpload}",
        ];
        app = PlatformHostBuilder.Build(args, [CatalogService.Definition], new HostExtensions { Name = "catalog-tests", Embedded = true });
        await app.StartAsync(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await app!.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        folder.Dispose();
    }

    public Task PublishAsync<T>(T message)
        where T : class => app!.Services.GetRequiredService<IBus>().Publish(message, Cancel);

    public async Task<T> GetAsync<T>(string path, Guid? project = null) =>
        (await ClientOf(project ?? Project).GetFromJsonAsync<T>($"api/catalog/{path}", PlatformJson.Options, Cancel))!;

    public async Task<(HttpStatusCode Status, string Problem)> RefusalAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            return (response.StatusCode, problem.GetProperty("type").GetString()!.Split(':')[^1]);
        }
    }

    public async Task<Guid> UploadAsync(string fileName, byte[] content)
    {
        using var started = await Client.PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = fileName, SizeBytes = content.Length }, PlatformJson.Options, Cancel);
        var upload = (await started.Content.ReadFromJsonAsync<UploadView>(PlatformJson.Options, Cancel))!;
        using (var sent = await PatchAsync(upload.Id, 0, content))
        {
            sent.EnsureSuccessStatusCode();
        }

        using var completed = await Client.PostAsync($"api/catalog/uploads/{upload.Id}/complete", null, Cancel);
        completed.EnsureSuccessStatusCode();
        return upload.Id;
    }

    public async Task<HttpResponseMessage> PatchAsync(Guid id, long? offset, byte[] content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"api/catalog/uploads/{id}") { Content = new ByteArrayContent(content) };
        if (offset is not null)
        {
            request.Headers.Add("Upload-Offset", $"{offset}");
        }

        return await Client.SendAsync(request, Cancel);
    }

    public Task<HttpResponseMessage> PostJobAsync<TSpec>(string kind, TSpec spec, Guid? project = null) => ClientOf(project ?? Project).PostAsJsonAsync(
        "api/catalog/jobs", new StartJob { Kind = kind, Spec = JsonSerializer.SerializeToElement(spec, PlatformJson.Options) }, PlatformJson.Options, Cancel);

    /// <summary>Runs a job to its end, whichever that is.</summary>
    public async Task<JobView> RunAsync<TSpec>(string kind, TSpec spec)
    {
        using var accepted = await PostJobAsync(kind, spec);
        Assert.True(accepted.StatusCode == HttpStatusCode.Accepted, await accepted.Content.ReadAsStringAsync(Cancel));
        var job = (await accepted.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        while (job.State is not (JobState.Succeeded or JobState.Failed or JobState.Cancelled))
        {
            await Task.Delay(50, limit.Token);
            job = await GetAsync<JobView>($"jobs/{job.Id}");
        }

        return job;
    }

    public async Task<TResult> SucceedAsync<TSpec, TResult>(string kind, TSpec spec)
    {
        var job = await RunAsync(kind, spec);
        Assert.True(job.State == JobState.Succeeded, $"{job.State}: {job.Problem?.Type} {job.Problem?.Title} {job.Problem?.Detail}");
        return job.Result!.Value.Deserialize<TResult>(PlatformJson.Options)!;
    }

    public async Task<ImportResult> ImportAsync(string name, string fileName, byte[] content, string? format = null) =>
        await SucceedAsync<ImportDataset, ImportResult>("import", new ImportDataset { Name = name, UploadId = await UploadAsync(fileName, content), Format = format });

    public async Task<RowsView> RowsAsync(string dataset, long offset = 0, int limit = 20, int version = 1) =>
        await GetAsync<RowsView>($"datasets/{Uri.EscapeDataString(dataset)}/versions/{version}/rows?offset={offset}&limit={limit}");

    /// <summary>Asks until the answer is as expected: messages take their time.</summary>
    public async Task<T> WhenAsync<T>(Func<Task<T>> ask, Func<T, bool> expected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            var answer = await ask();
            if (expected(answer))
            {
                return answer;
            }

            await Task.Delay(30, limit.Token);
        }
    }
}
