using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>D3: each job is asked for several times at once, by clients that do not give up, while its service is killed again and again.</summary>
public sealed class SubmissionKillTests(TestServers servers, ITestOutputHelper output)
{
    /// <summary>Without one job more being done: each is a process of its own, so ten thousand take their time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    [Trait("Goal", "D3")]
    public Task A_thousand_jobs_asked_for_several_times_are_each_done_once() => RunAsync(jobs: 1_000, kills: 20);

    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    [Trait("Goal", "D3")]
    public Task Ten_thousand_jobs_asked_for_several_times_are_each_done_once() => RunAsync(jobs: 10_000, kills: 20);

    private async Task RunAsync(int jobs, int kills)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var data = new TemporaryFolder();
        var platform = await servers.NewAsync();
        var (seed, port) = (Random.Shared.Next(), FreePort.Next());
        var random = new Random(seed);
        await using var host = new KilledHost(data.Path, platform, port);
        using var client = await ClientAsync(data.Path, port);
        var asked = Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (number, _) => await AskAsync(client, number, 2 + (number % 4)));
        for (var kill = 0; kill < kills; kill++)
        {
            await AnswersAsync(client);
            await Task.Delay(random.Next(500, 3_000), Cancel);
            await host.KillAndStartAsync(Cancel);
        }

        await asked;
        await UntilDoneAsync(platform, jobs);
        await using var db = Open(platform);
        var rows = await db.Jobs.IgnoreQueryFilters().AsNoTracking().ToListAsync(Cancel);
        var done = await db.JobEvents.AsNoTracking().Where(row => row.To == JobState.Succeeded).Select(row => row.JobId).ToListAsync(Cancel);
        output.WriteLine($"seed={seed} jobs={rows.Count} kills={kills} lost={jobs - rows.Count(row => row.State == JobState.Succeeded)} doubles={done.Count - done.Distinct().Count()} attempts={rows.Sum(row => row.Attempt)}");
        Assert.Equal(jobs, rows.Count);
        Assert.Equal(jobs, done.Count);
        Assert.All(rows, row => Assert.Equal(JobState.Succeeded, row.State));
    }

    /// <summary>Killed while it starts, it would be asked for nothing.</summary>
    private static async Task AnswersAsync(HttpClient client)
    {
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync("jobs?limit=1", Cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(100, Cancel);
        }
    }

    /// <summary>All of the same intent at once; each is repeated until it has an answer, and all answers name one job.</summary>
    private static async Task AskAsync(HttpClient client, int number, int times)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, times).Select(async _ =>
        {
            while (true)
            {
                try
                {
                    using var answer = await JobHost.PostAsync(client, new CountSpec { Steps = 1 }, key: $"intent-{number}");
                    if (answer.StatusCode == HttpStatusCode.Accepted)
                    {
                        return (await answer.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id;
                    }

                    Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                }
                catch (HttpRequestException)
                {
                    // Killed: it is being started again.
                }

                await Task.Delay(200, Cancel);
            }
        }));
        Assert.Single(ids.Distinct());
    }

    private static async Task<HttpClient> ClientAsync(string data, int port)
    {
        var key = Path.Join(data, "keys", "assertion.pem");
        while (!File.Exists(key))
        {
            await Task.Delay(50, Cancel);
        }

        return new HttpClient(new Minting(new Assertions(new PlatformOptions { Data = data, AssertionKey = key }, TimeProvider.System))) { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/tests/") };
    }

    private static TestPostgresDb Open(IReadOnlyDictionary<string, string> platform) =>
        new(new DbContextOptionsBuilder<TestPostgresDb>().UseNpgsql(platform["Database"].Replace("{name}", "tests", StringComparison.Ordinal)).Options);

    private async Task UntilDoneAsync(IReadOnlyDictionary<string, string> platform, int jobs)
    {
        var (clock, done) = (Stopwatch.StartNew(), 0);
        while (done < jobs)
        {
            await Task.Delay(500, Cancel);
            await using var db = Open(platform);
            var now = await db.Jobs.IgnoreQueryFilters().CountAsync(row => row.State == JobState.Succeeded, Cancel);
            if (now > done)
            {
                clock.Restart();
            }

            if (now / 1_000 > done / 1_000)
            {
                output.WriteLine($"{now} of {jobs} are done");
            }

            done = now;
            Assert.True(clock.Elapsed < Patience, $"{done} of {jobs} jobs are done, and none more in {Patience}.");
        }
    }

    private sealed class Minting(Assertions assertions) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint("tests", JobHost.Anna));
            return base.SendAsync(request, cancellationToken);
        }
    }
}
