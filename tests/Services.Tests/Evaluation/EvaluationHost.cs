using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Datasets;
using InternPlatform.Evaluation;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>The real evaluation service with a fake deployment beside it; its jobs are children of the test's own executable.</summary>
public sealed class EvaluationHost : IAsyncLifetime
{
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-000000000001");

    private readonly TemporaryFolder folder = new();
    private WebApplication? app;

    internal FakeDeployment Model { get; private set; } = null!;

    public IArtifactStore Store => app!.Services.GetRequiredService<IArtifactStore>();

    public HttpClient Client => app!.Services.GetRequiredService<ServiceClients>().For("evaluation", new Originator("user", "User", Project, [Scopes.Read, Scopes.Write, Scopes.Chat]));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Model = await FakeDeployment.StartAsync();
        string[] args = ["--urls=http://127.0.0.1:0", $"--Platform:Data={folder.Path}", $"--Platform:Services:deployment={Model.Address}", "--Logging:LogLevel:Default=Warning"];
        app = PlatformHostBuilder.Build(args, [EvaluationService.Definition], new HostExtensions { Name = "evaluation-tests", Embedded = true });
        await app.StartAsync(Cancel);
        Model.ModelArtifactId = await StoreModelAsync("one");
    }

    public async ValueTask DisposeAsync()
    {
        await app!.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await Model.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>A model's artefact as far as an evaluation reads it.</summary>
    public async Task<string> StoreModelAsync(string name)
    {
        var model = folder.File($"model-{name}");
        TinyModel.Tokenizer.Save(model);
        await File.WriteAllTextAsync(Path.Combine(model, "config.json"), """{"bos_token_id": 1}""", Cancel);
        return await Store.PutFolderAsync("model", model, new Dictionary<string, string> { ["name"] = name }, Cancel);
    }

    /// <summary>A data-set version whose rows are records, as an import keeps them.</summary>
    public Task<string> StoreRecordsAsync(IEnumerable<object> records) => StoreRowsAsync(records.Select(record => (object)new { record }));

    public async Task<string> StoreRowsAsync(IEnumerable<object> rows)
    {
        var lines = rows.Select(row => JsonSerializer.Serialize(row)).ToList();
        var dataset = folder.File($"dataset-{Guid.NewGuid():N}");
        Directory.CreateDirectory(dataset);
        await File.WriteAllLinesAsync(Path.Combine(dataset, DatasetFiles.Rows), lines, Cancel);
        var meta = new DatasetMeta { Rows = lines.Count, Bytes = lines.Sum(line => line.Length), RejectedRows = 0, RowKinds = new Dictionary<string, long>() };
        await File.WriteAllBytesAsync(Path.Combine(dataset, DatasetFiles.Meta), meta.ToJson(), Cancel);
        return await Store.PutFolderAsync(DatasetFiles.Kind, dataset, new Dictionary<string, string> { ["name"] = "questions" }, Cancel);
    }

    public async Task<JobView> StartAsync(EvaluateSpec spec)
    {
        using var accepted = await Client.PostAsJsonAsync("api/evaluation/jobs", new StartJob { Kind = "evaluate", Spec = JsonSerializer.SerializeToElement(spec, PlatformJson.Options) }, PlatformJson.Options, Cancel);
        Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync(Cancel));
        return (await accepted.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
    }

    public Task<JobView> StartAsync(string benchmark, string dataset, int? limit = null, int fewShot = 0, int concurrency = 4, int seed = 1) => StartAsync(new EvaluateSpec
    {
        Name = $"{benchmark} of a fake",
        Model = "fake",
        Concurrency = concurrency,
        Seed = seed,
        Suites = [new EvaluateSuite { Benchmark = benchmark, DatasetArtifactId = dataset, Limit = limit, FewShot = fewShot }],
    });

    public async Task<JobView> EndAsync(Guid id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        while (true)
        {
            var job = await GetAsync<JobView>($"jobs/{id}");
            if (job.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled)
            {
                return job;
            }

            await Task.Delay(40, limit.Token);
        }
    }

    public async Task<(JobView Job, EvaluateResult Result)> SucceedAsync(JobView started)
    {
        var job = await EndAsync(started.Id);
        Assert.True(job.State == JobState.Succeeded, $"{job.State}: {job.Problem?.Type} {job.Problem?.Title} {job.Problem?.Detail} {Printed(job.Id)}");
        return (job, job.Result!.Value.Deserialize<EvaluateResult>(PlatformJson.Options)!);
    }

    /// <returns>The job with the last part of its problem's name.</returns>
    public async Task<(JobView Job, string Problem)> FailAsync(JobView started)
    {
        var job = await EndAsync(started.Id);
        Assert.True(job.State == JobState.Failed, $"{job.State}");
        return (job, job.Problem!.Type.Split(':')[^1] is var name and not "job-crashed" ? name : $"job-crashed: {Printed(job.Id)}");
    }

    public async Task<T> GetAsync<T>(string path) => (await Client.GetFromJsonAsync<T>($"api/evaluation/{path}", PlatformJson.Options, Cancel))!;

    public Task<SamplesView> SamplesAsync(Guid job, string query = "limit=200") => GetAsync<SamplesView>($"jobs/{job}/samples?{query}");

    /// <summary>kill -9 of the job's child.</summary>
    public async Task KillAsync(Guid job)
    {
        await using var scope = app!.Services.CreateAsyncScope();
        var pid = await scope.ServiceProvider.GetRequiredService<EvaluationDb>().Jobs.Where(row => row.Id == job).Select(row => row.WorkerPid).SingleAsync(Cancel);
        using var child = System.Diagnostics.Process.GetProcessById(pid!.Value);
        child.Kill();
    }

    private string Printed(Guid job)
    {
        var output = Path.Combine(folder.Path, "evaluation", "jobs", $"{job}", "output.txt");
        return File.Exists(output) ? File.ReadAllText(output) : "";
    }
}
