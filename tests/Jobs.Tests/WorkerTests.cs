using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>Two processes of one service on one database: one answers, the other works.</summary>
public class WorkerTests : IDisposable
{
    private static readonly JobTimings Timings = new() { Poll = TimeSpan.FromMilliseconds(300), Renewal = TimeSpan.FromMilliseconds(300) };
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_worker_runs_what_the_other_was_asked_for_and_obeys_what_the_other_was_told()
    {
        var servers = await ServersAsync();
        await using var api = await StartAsync(servers, "tests", "api");
        var waiting = await api.QueueAsync(new CountSpec { Steps = 3 });
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        Assert.Equal(JobState.Queued, (await api.Client.GetFromJsonAsync<JobView>($"jobs/{waiting.Id}", PlatformJson.Options, Cancel))!.State);

        await using var worker = await StartAsync(servers, "tests-worker", "worker");
        await api.WaitAsync(waiting.Id, JobState.Succeeded);
        Assert.Equal(3, (await api.SquaresAsync(waiting.Id)).Count);

        var paused = (await api.QueueAsync(new CountSpec { Steps = 10_000, DelayMilliseconds = 10 })).Id;
        await JobHost.WaitAsync(api.Client, paused, view => view.Progress?.Done > 0, "under way");
        await SteerAsync(api, paused, "pause");
        await api.WaitAsync(paused, JobState.Paused);
        await SteerAsync(api, paused, "resume");
        await api.WaitAsync(paused, JobState.Running);
        await SteerAsync(api, paused, "cancel");
        await api.WaitAsync(paused, JobState.Cancelled);

        using var refused = await worker.Client.GetAsync("jobs", Cancel);
        using var health = await worker.Client.GetAsync("/health/ready", Cancel);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (refused.StatusCode, health.StatusCode));
    }

    [Fact]
    public async Task Two_that_do_both_share_the_work_and_run_nothing_twice()
    {
        var servers = await ServersAsync();
        await using var one = await StartAsync(servers, "tests", "all");
        await using var two = await StartAsync(servers, "tests-2", "all");
        var jobs = new List<Guid>();
        for (var i = 0; i < 8; i++)
        {
            jobs.Add((await (i % 2 == 0 ? one : two).QueueAsync(new CountSpec { Steps = 20, DelayMilliseconds = 10 })).Id);
        }

        var owners = new HashSet<string>();
        foreach (var job in jobs)
        {
            await one.WaitAsync(job, JobState.Succeeded);
            var transitions = await two.TransitionsAsync(job);
            Assert.Equal([JobState.Queued, JobState.Preparing, JobState.Running, JobState.Succeeded], transitions.Select(change => change.To));
            owners.Add(transitions[1].Who);
        }

        Assert.Equal(2, owners.Count);
    }

    private protected virtual Task<IReadOnlyDictionary<string, string>> ServersAsync() =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string> { ["Bus"] = "memory", ["Database"] = "sqlite" });

    private Task<JobHost> StartAsync(IReadOnlyDictionary<string, string> servers, string instance, string role) => JobHost.StartAsync(
        folder.Path,
        Timings,
        new Dictionary<string, string>(servers)
        {
            ["Artifacts"] = "folder",
            ["AssertionKey"] = Path.Join(folder.Path, "keys", "assertion.pem"),
            ["Instance"] = instance,
            ["Role"] = role,
        },
        embedded: false);

    private static async Task SteerAsync(JobHost host, Guid job, string action) =>
        (await host.Client.PostAsync($"jobs/{job}/{action}", null, Cancel)).EnsureSuccessStatusCode();
}

/// <summary>The same over RabbitMQ and PostgreSQL.</summary>
public sealed class DistributedWorkerTests(TestServers servers) : WorkerTests
{
    private protected override async Task<IReadOnlyDictionary<string, string>> ServersAsync()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        return await servers.NewAsync();
    }
}
