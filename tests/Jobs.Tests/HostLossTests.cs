using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>The host itself dies or stops: a real process, killed by its id.</summary>
public sealed class HostLossTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_killed_host_takes_its_children_along_and_the_next_one_goes_on_from_the_checkpoint()
    {
        Guid id;
        ProcessIdentity worker;
        await using (var first = await StartAsync())
        {
            using var client = Client(first);
            id = await QueueAsync(client, new CountSpec { Steps = 200, DelayMilliseconds = 10 });
            await JobHost.WaitAsync(client, id, view => view.Progress?.Done > 10, "under way");
            worker = await WorkerAsync(id);
            first.Kill();
            await GoneAsync(worker);
        }

        await using var second = await JobHost.StartAsync(folder.Path);
        var done = await second.WaitAsync(id, JobState.Succeeded);

        Assert.Equal(2, done.Attempt);
        var points = await second.SquaresAsync(id);
        Assert.Equal(Enumerable.Range(1, 200).Select(step => (step, step * (double)step)), points.Select(point => ((int)point.Step, point.Value)));
        Assert.DoesNotContain("begins at 0", (await second.LogsAsync(id))[1].Message, StringComparison.Ordinal);
        Assert.Contains(await second.TransitionsAsync(id), change => change.To == JobState.Queued && change.Why == "lost: the host ended");
    }

    [Fact]
    public async Task A_host_that_stops_puts_its_jobs_back_and_counts_no_attempt()
    {
        Guid id;
        ProcessIdentity worker;
        HttpResponseMessage watching;
        await using (var first = await JobHost.StartAsync(folder.Path))
        {
            id = (await first.QueueAsync(new CountSpec { Steps = 400, DelayMilliseconds = 10 })).Id;
            await JobHost.WaitAsync(first.Client, id, view => view.Progress?.Done > 5, "under way");
            worker = await WorkerAsync(id);
            watching = await first.Client.GetAsync($"jobs/{id}/events", HttpCompletionOption.ResponseHeadersRead, Cancel);    // an open page must not hold up the stop
        }

        watching.Dispose();
        Assert.False(worker.IsAlive);
        await using var second = await JobHost.StartAsync(folder.Path);
        var done = await second.WaitAsync(id, JobState.Succeeded);

        Assert.Equal(1, done.Attempt);
        Assert.Equal(400, (await second.SquaresAsync(id)).Count);
        Assert.Contains(await second.TransitionsAsync(id), change => change is { To: JobState.Queued, Why: "the host stopped" });
    }

    [Fact]
    public async Task A_job_that_was_being_cancelled_when_the_host_died_is_cancelled()
    {
        Guid id;
        await using (var first = await StartAsync())
        {
            using var client = Client(first);
            id = await QueueAsync(client, new CountSpec { Steps = 1, Then = "hang" });
            await JobHost.WaitAsync(client, id, view => view.Progress?.Done == 1, "under way");
            (await client.PostAsync($"jobs/{id}/cancel", null, Cancel)).EnsureSuccessStatusCode();
            first.Kill();
        }

        await using var second = await JobHost.StartAsync(folder.Path);

        await second.WaitAsync(id, JobState.Cancelled);
    }

    private async Task<HostProcess> StartAsync()
    {
        var host = new HostProcess(folder.Path);
        using var client = Client(host);
        while (true)
        {
            try
            {
                if ((await client.GetAsync("/health/ready", Cancel)).IsSuccessStatusCode)
                {
                    return host;
                }
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20, Cancel);
            }
        }
    }

    private HttpClient Client(HostProcess host) => new(new Minting(folder.Path)) { BaseAddress = new Uri($"http://127.0.0.1:{host.Port}/api/tests/") };

    private static async Task<Guid> QueueAsync(HttpClient client, CountSpec spec)
        => (await (await JobHost.PostAsync(client, spec)).Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id;

    private async Task<ProcessIdentity> WorkerAsync(Guid id)
    {
        await using var db = new TestSqliteDb(new DbContextOptionsBuilder<TestSqliteDb>().UseSqlite($"Data Source={folder.Path}/tests/tests.db").Options);
        var row = await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == id, Cancel);
        return new ProcessIdentity(row.WorkerPid!.Value, row.WorkerStart!.Value);
    }

    private static async Task GoneAsync(ProcessIdentity worker)
    {
        var began = Stopwatch.StartNew();
        while (worker.IsAlive)
        {
            Assert.True(began.Elapsed < TimeSpan.FromSeconds(5), "the child outlived its host by 5 s");
            await Task.Delay(10, Cancel);
        }
    }

    private sealed class HostProcess : IAsyncDisposable
    {
        private readonly Process process;

        public HostProcess(string data)
        {
            Port = FreePort.Next();
            process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve", $"--Platform:Data={data}", $"--urls=http://127.0.0.1:{Port}", "--Logging:LogLevel:Default=Error"]))!;
        }

        public int Port { get; }

        public void Kill() => process.Kill();

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    private sealed class Minting(string data) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (File.Exists(Path.Join(data, "keys", "assertion.pem")))
            {
                using var assertions = new Assertions(new PlatformOptions { Data = data, AssertionKey = Path.Join(data, "keys", "assertion.pem") }, TimeProvider.System);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint("tests", JobHost.Anna));
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
