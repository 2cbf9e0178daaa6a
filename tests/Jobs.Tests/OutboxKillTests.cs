using System.Diagnostics;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>
/// D5: business rows and their messages in one transaction, a process that publishes and consumes and is killed again and again, and a link to the broker that is
/// cut. What was committed takes effect once; what was rolled back never does.
/// </summary>
public sealed class OutboxKillTests(TestServers servers, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Goal", "D5")]
    public Task Ten_kills_and_five_cuts_lose_nothing_and_do_nothing_twice() => RunAsync(transactions: 2_000, kills: 10, cuts: 5, longest: 3);

    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    [Trait("Goal", "D5")]
    public Task A_hundred_kills_and_fifty_cuts_lose_nothing_and_do_nothing_twice() => RunAsync(transactions: 20_000, kills: 100, cuts: 50, longest: 30);

    private async Task RunAsync(int transactions, int kills, int cuts, int longest)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var data = new TemporaryFolder();
        var platform = new Dictionary<string, string>(await servers.NewAsync());
        await using var link = new TcpProxy((await servers.Rabbit).Port);
        platform["Bus"] = platform["Bus"].Replace($":{(await servers.Rabbit).Port}/", $":{link.Port}/", StringComparison.Ordinal);
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");

        await using var host = new KilledHost(data.Path, platform, port: 0);
        await UntilAsync(async () => await CountAsync(platform, db => db.Outbox.CountAsync(Cancel)) >= 0, "the tables");
        var writing = WriteAsync(platform, transactions, new Random(seed));
        await DisturbAsync(host, link, kills, cuts, longest, new Random(seed + 1));
        await writing;

        var after = Stopwatch.StartNew();
        await UntilAsync(async () => await CountAsync(platform, db => db.Outbox.CountAsync(Cancel)) == 0, "an empty outbox");
        var drained = after.Elapsed.TotalSeconds;
        await UntilAsync(async () => await CountAsync(platform, db => db.Effects.CountAsync(Cancel)) >= transactions, $"{transactions} effects");
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);    // time for a second effect, or a ghost
        await using var db = Open(platform);
        var effects = await db.Effects.Select(row => row.JobId).ToListAsync(Cancel);
        var things = await db.Things.Select(row => row.JobId).ToListAsync(Cancel);
        output.WriteLine($"lost={things.Except(effects).Count()} ghosts={effects.Except(things).Count()} doubles={effects.Count - effects.Distinct().Count()} transactions={things.Count} kills={kills} cuts={cuts} drained_s={drained:F1}");
        Assert.Equal(transactions, things.Count);
        Assert.Equal(things.Order(), effects.Order());
    }

    /// <summary>Every tenth transaction is rolled back.</summary>
    private static async Task WriteAsync(IReadOnlyDictionary<string, string> platform, int transactions, Random random)
    {
        for (var written = 0; written < transactions;)
        {
            var rollBack = random.Next(10) == 0;
            await using var db = Open(platform);
            await using var transaction = await db.Database.BeginTransactionAsync(Cancel);
            var (job, now) = (Guid.CreateVersion7(), TimeProvider.System.GetUtcNow());
            db.Things.Add(new ThingRow { Id = job, ProjectId = Guid.Empty, Name = $"{job}", JobId = job, At = now });
            db.Outbox.Add(OutboxMessages.Row(new JobChanged { Service = "tests", JobId = job, ProjectId = Guid.Empty, Kind = "count", State = JobState.Running, Sequence = 1 }, now));
            await db.SaveChangesAsync(Cancel);
            if (!rollBack)
            {
                await transaction.CommitAsync(Cancel);
                written++;
            }
        }
    }

    private static async Task DisturbAsync(KilledHost host, TcpProxy link, int kills, int cuts, int longest, Random random)
    {
        var acts = Enumerable.Repeat(true, kills).Concat(Enumerable.Repeat(false, cuts)).ToArray();
        random.Shuffle(acts);
        foreach (var kill in acts)
        {
            await Task.Delay(random.Next(200, 1_500), Cancel);
            if (kill)
            {
                await host.KillAndStartAsync(Cancel);
            }
            else
            {
                link.Cut();
                await Task.Delay(random.Next(1_000, longest * 1_000), Cancel);
                link.Mend();
            }
        }
    }

    private static TestPostgresDb Open(IReadOnlyDictionary<string, string> platform) =>
        new(new DbContextOptionsBuilder<TestPostgresDb>().UseNpgsql(platform["Database"].Replace("{name}", "tests", StringComparison.Ordinal)).Options);

    private static async Task<int> CountAsync(IReadOnlyDictionary<string, string> platform, Func<TestPostgresDb, Task<int>> count)
    {
        try
        {
            await using var db = Open(platform);
            return await count(db);
        }
        catch (System.Data.Common.DbException)
        {
            return -1;    // not there yet
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(clock.Elapsed < Patience, $"There is not {what} after {Patience}.");
            await Task.Delay(100, Cancel);
        }
    }
}
