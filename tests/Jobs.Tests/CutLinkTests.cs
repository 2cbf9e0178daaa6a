using InternPlatform.Contracts.Jobs;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>The network between a service and its servers goes away and comes back. Cuts of a few seconds here; the nightly form goes on longer.</summary>
public sealed class CutLinkTests(TestServers servers, ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task Five_cuts_lose_no_job() => RunAsync(cuts: 5, longest: 3);

    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    public Task Twenty_longer_cuts_lose_no_job() => RunAsync(cuts: 20, longest: 30);

    private async Task RunAsync(int cuts, int longest)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var data = new TemporaryFolder();
        var platform = new Dictionary<string, string>(await servers.NewAsync());
        await using var toBroker = Link(platform, "Bus", (await servers.Rabbit).Port);
        await using var toDatabase = Link(platform, "Database", (await servers.Postgres).Port);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var host = await JobHost.StartAsync(data.Path, platform: platform);

        var jobs = new List<Guid>();
        for (var cut = 0; cut < cuts; cut++)
        {
            jobs.Add((await host.QueueAsync(new CountSpec { Steps = 100, DelayMilliseconds = 20 })).Id);
            var links = (TcpProxy[])(random.Next(3) switch { 0 => [toBroker], 1 => [toDatabase], _ => [toBroker, toDatabase] });
            await Task.Delay(random.Next(300, 1_500), Cancel);
            foreach (var link in links)
            {
                link.Cut();
            }

            await Task.Delay(random.Next(1_000, longest * 1_000), Cancel);
            foreach (var link in links)
            {
                link.Mend();
            }

            await JobHost.WaitUntilAsync(async () => (await host.Client.GetAsync("jobs", Cancel)).IsSuccessStatusCode, "an answer again");
        }

        var done = new List<JobView>();
        foreach (var job in jobs)
        {
            done.Add(await host.WaitAsync(job, JobState.Succeeded));
        }

        await JobHost.WaitUntilAsync(() => host.WithDbAsync(db => db.Outbox.AllAsync(row => row.LastError!.StartsWith("No queue"), Cancel)), "an outbox with nothing left to do");
        // Messages may overtake each other, and the newest counts: of each job the last one.
        var last = await host.WithDbAsync(db => db.JobEvents.GroupBy(row => row.JobId).Select(group => new { JobId = group.Key, Sequence = group.Max(row => row.Sequence) }).ToListAsync(Cancel));
        var effects = last.Take(0).ToList();
        await JobHost.WaitUntilAsync(
            async () => !last.Except(effects = await host.WithDbAsync(db => db.Effects.Select(row => new { row.JobId, row.Sequence }).ToListAsync(Cancel))).Any(), "the last effect of each job");
        output.WriteLine($"seed={seed} cuts={cuts} jobs={jobs.Count} lost={jobs.Count - done.Count} doubles={effects.Count - effects.Distinct().Count()} attempts={done.Sum(job => job.Attempt)}");
        Assert.Equal(effects.Count, effects.Distinct().Count());
        Assert.Equal(jobs.Count, last.Count);
    }

    private static TcpProxy Link(Dictionary<string, string> platform, string option, int port)
    {
        var link = new TcpProxy(port);
        platform[option] = platform[option].Replace($":{port}/", $":{link.Port}/", StringComparison.Ordinal).Replace($"Port={port};", $"Port={link.Port};", StringComparison.Ordinal);
        return link;
    }
}
