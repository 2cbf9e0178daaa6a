using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Datasets;
using InternPlatform.Finetuning;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Finetuning;

/// <summary>The real fine-tuning service with the catalog beside it, over a tiny base model; jobs are children of the test's own executable.</summary>
public sealed class FinetuningHost : IAsyncLifetime
{
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");

    private readonly TemporaryFolder folder = new();
    private readonly TinyModel tiny = new();
    private WebApplication? app;

    public IArtifactStore Store => app!.Services.GetRequiredService<IArtifactStore>();

    /// <summary>Artefact of the base model.</summary>
    public string Base { get; private set; } = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What catalog has heard of an artefact's making: the lineage route shows it once the inputs are known too, which this host's are not.</summary>
    public async Task<IReadOnlyList<(string From, string To)>> EdgesAsync()
    {
        await using var scope = app!.Services.CreateAsyncScope();
        var edges = await scope.ServiceProvider.GetRequiredService<CatalogDb>().LineageEdges.AsNoTracking().ToListAsync(Cancel);
        return [.. edges.Select(edge => (edge.FromArtifactId, edge.ToArtifactId))];
    }

    public HttpClient Client(string service, params string[] scopes) => app!.Services.GetRequiredService<ServiceClients>()
        .For(service, new Originator("user", "User", Project, scopes.Length > 0 ? scopes : [Scopes.Read, Scopes.Write]));

    /// <summary>Small enough for a second or two.</summary>
    public SftSpec Spec(params string[] datasets) => new()
    {
        Name = "tuned",
        BaseModelArtifactId = Base,
        DatasetArtifactIds = datasets,
        SequenceLength = 64,
        BatchSize = 2,
        LearningRate = 1e-2,
        WarmupSteps = 2,
        CheckpointEverySteps = 10,
        ValidationShare = .1,
        LoraRank = 4,
        LoraAlpha = 8,
    };

    public async ValueTask InitializeAsync()
    {
        string[] args = ["--urls=http://127.0.0.1:0", $"--Platform:Data={folder.Path}", "--Logging:LogLevel:Default=Warning"];
        app = PlatformHostBuilder.Build(args, [CatalogService.Definition, FinetuningService.Definition], new HostExtensions { Name = "finetuning-tests", Embedded = true });
        await app.StartAsync(Cancel);
        Base = await Store.PutFolderAsync("model", tiny.Write(), new Dictionary<string, string> { ["name"] = "tiny" }, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await app!.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        tiny.Dispose();
        folder.Dispose();
    }

    /// <summary>A data-set version with these rows, each as it is stored.</summary>
    public async Task<string> StoreRowsAsync(string name, IEnumerable<object> rows)
    {
        var lines = rows.Select(row => JsonSerializer.Serialize(row, PlatformJson.Options)).ToList();
        var dataset = folder.File($"dataset-{Guid.NewGuid():N}");
        Directory.CreateDirectory(dataset);
        await File.WriteAllLinesAsync(Path.Combine(dataset, DatasetFiles.Rows), lines, Cancel);
        var index = new RowIndexWriter();
        var offset = 0L;
        for (var i = 0; i < lines.Count; i++)
        {
            index.Add(i, offset);
            offset += System.Text.Encoding.UTF8.GetByteCount(lines[i]) + 1;
        }

        index.Write(Path.Combine(dataset, DatasetFiles.Index));
        var meta = new DatasetMeta { Rows = lines.Count, Bytes = offset, RejectedRows = 0, RowKinds = new Dictionary<string, long>() };
        await File.WriteAllBytesAsync(Path.Combine(dataset, DatasetFiles.Meta), meta.ToJson(), Cancel);
        return await Store.PutFolderAsync(DatasetFiles.Kind, dataset, new Dictionary<string, string> { ["name"] = name }, Cancel);
    }

    public static object Chat(params (string Role, string Content)[] turns) => new { messages = turns.Select(turn => new { role = turn.Role, content = turn.Content }) };

    /// <summary>A file as a person imports it.</summary>
    public async Task<string> ImportAsync(string name, string path)
    {
        var content = await File.ReadAllBytesAsync(path, Cancel);
        using var client = Client("catalog");
        using var started = await client.PostAsJsonAsync("api/catalog/uploads", new StartUpload { FileName = Path.GetFileName(path), SizeBytes = content.Length }, PlatformJson.Options, Cancel);
        var upload = (await started.Content.ReadFromJsonAsync<UploadView>(PlatformJson.Options, Cancel))!;
        using var part = new HttpRequestMessage(HttpMethod.Patch, $"api/catalog/uploads/{upload.Id}") { Content = new ByteArrayContent(content) };
        part.Headers.Add("Upload-Offset", "0");
        using var sent = await client.SendAsync(part, Cancel);
        sent.EnsureSuccessStatusCode();
        using var completed = await client.PostAsync($"api/catalog/uploads/{upload.Id}/complete", null, Cancel);
        completed.EnsureSuccessStatusCode();
        var job = await EndAsync("catalog", await StartAsync("catalog", "import", new ImportDataset { Name = name, UploadId = upload.Id }));
        Assert.True(job.State == JobState.Succeeded, $"{job.Problem?.Title} {job.Problem?.Detail}");
        return job.Result!.Value.Deserialize<ImportResult>(PlatformJson.Options)!.ArtifactId;
    }

    public Task<JobView> StartAsync(SftSpec spec) => StartAsync("finetuning", "sft", spec);

    public async Task<HttpResponseMessage> PostAsync(SftSpec spec)
    {
        using var client = Client("finetuning");
        return await client.PostAsJsonAsync("api/finetuning/jobs", Body("sft", spec), PlatformJson.Options, Cancel);
    }

    public Task<JobView> JobAsync(Guid id) => GetAsync<JobView>("finetuning", $"jobs/{id}");

    public async Task<T> GetAsync<T>(string service, string path)
    {
        using var client = Client(service);
        return (await client.GetFromJsonAsync<T>($"api/{service}/{path}", PlatformJson.Options, Cancel))!;
    }

    public async Task<SftResult> SucceedAsync(SftSpec spec) => await SucceedAsync(await StartAsync(spec));

    public async Task<SftResult> SucceedAsync(JobView started)
    {
        var job = await EndAsync("finetuning", started);
        Assert.True(job.State == JobState.Succeeded, $"{job.State}: {job.Problem?.Type} {job.Problem?.Title} {job.Problem?.Detail} {Printed(job.Id)}");
        return job.Result!.Value.Deserialize<SftResult>(PlatformJson.Options)!;
    }

    /// <returns>The last part of the problem's name, and its detail.</returns>
    public async Task<(string Problem, string Detail)> FailAsync(SftSpec spec)
    {
        var job = await EndAsync("finetuning", await StartAsync(spec));
        Assert.True(job.State == JobState.Failed, $"{job.State}");
        return (job.Problem!.Type.Split(':')[^1] is var name and not "job-crashed" ? name : $"job-crashed: {Printed(job.Id)}", job.Problem.Detail ?? "");
    }

    public async Task<JobView> WhenAsync(Guid id, Func<JobView, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        while (true)
        {
            var job = await JobAsync(id);
            if (condition(job))
            {
                return job;
            }

            Assert.False(job.State is JobState.Failed or JobState.Cancelled, $"{job.State}: {job.Problem?.Title} {job.Problem?.Detail} {Printed(id)}");
            await Task.Delay(30, limit.Token);
        }
    }

    /// <summary>kill -9 of the job's child.</summary>
    public async Task KillAsync(Guid job)
    {
        await using var scope = app!.Services.CreateAsyncScope();
        var pid = await scope.ServiceProvider.GetRequiredService<FinetuningDb>().Jobs.Where(row => row.Id == job).Select(row => row.WorkerPid).SingleAsync(Cancel);
        using var child = System.Diagnostics.Process.GetProcessById(pid!.Value);
        child.Kill();
    }

    public async Task<string> FetchAsync(string artifactId)
    {
        var target = folder.File($"fetched-{Guid.NewGuid():N}");
        await Store.MaterializeAsync(artifactId, target, Cancel);
        return target;
    }

    private async Task<JobView> StartAsync<TSpec>(string service, string kind, TSpec spec)
    {
        using var client = Client(service);
        using var accepted = await client.PostAsJsonAsync($"api/{service}/jobs", Body(kind, spec), PlatformJson.Options, Cancel);
        Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync(Cancel));
        return (await accepted.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
    }

    private static StartJob Body<TSpec>(string kind, TSpec spec) => new() { Kind = kind, Spec = JsonSerializer.SerializeToElement(spec, PlatformJson.Options) };

    private async Task<JobView> EndAsync(string service, JobView job)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        while (job.State is not (JobState.Succeeded or JobState.Failed or JobState.Cancelled))
        {
            await Task.Delay(40, limit.Token);
            job = await GetAsync<JobView>(service, $"jobs/{job.Id}");
        }

        return job;
    }

    private string Printed(Guid job)
    {
        var output = Path.Combine(folder.Path, "finetuning", "jobs", $"{job}", "output.txt");
        return File.Exists(output) ? File.ReadAllText(output) : "";
    }
}
