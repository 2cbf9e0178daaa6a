using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>
/// D8: calls of the database all through the life of a job fail once, before they are done, after they are done and late, and so does each publication; the
/// job is done once all the same.
/// </summary>
public sealed class FaultMatrixTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string[] Methods = ["reader", "command", "commit"];

    private readonly TemporaryFolder folder = new();
    private readonly DatabaseFaults database = new();
    private readonly BusFaults bus = new();
    private JobHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await JobHost.StartAsync(
            folder.Path, new JobTimings { Poll = TimeSpan.FromMilliseconds(200), Renewal = TimeSpan.FromMilliseconds(200) },
            also: services => services.ConfigureDbContext<TestSqliteDb>((_, options) => options.AddInterceptors(database)));
        host.Services.GetRequiredService<IBus>().ConnectPublishObserver(bus);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    [Trait("Goal", "D8")]
    public async Task Calls_of_database_and_bus_fail_in_every_way_and_each_job_is_done_once()
    {
        database.Arm(0, Fault.Before);
        await RunAsync();
        await RunAsync();
        var (calls, hit) = (database.Count / 2, 0);
        foreach (var fault in Enum.GetValues<Fault>())
        {
            for (var call = 1 + (int)fault; call <= calls; call += 4)
            {
                database.Arm(call, fault);
                await RunAsync();
                hit += database.HasFailed ? 1 : 0;
            }
        }

        // How many calls a job makes depends on how often it was looked at meanwhile, so those above may all have met the same method.
        foreach (var (method, fault) in Methods.SelectMany(method => Enum.GetValues<Fault>().Select(fault => (method, fault))).Except(database.Hit).ToList())
        {
            database.Arm(1, fault, method);
            await RunAsync();
            await JobHost.WaitUntilAsync(() => Task.FromResult(database.HasFailed), "a call that failed");
            hit++;
        }

        var published = 0;
        foreach (var fault in Enum.GetValues<Fault>())
        {
            for (var call = 1; call <= 4; call++)
            {
                bus.Arm(call, fault);
                await RunAsync();
                await JobHost.WaitUntilAsync(() => Task.FromResult(bus.HasFailed), "a publication that failed");
                published++;
            }
        }

        var (lost, doubles) = await AuditAsync();
        output.WriteLine($"calls={calls} database_faults={hit} bus_faults={published} lost={lost} doubles={doubles}");
        Assert.Equal((0, 0), (lost, doubles));
        Assert.Equal(9, database.Hit.Count);
    }

    private async Task RunAsync()
    {
        var key = $"{Guid.CreateVersion7()}";
        HttpResponseMessage answer;
        while ((answer = await JobHost.PostAsync(host.Client, new CountSpec { Steps = 1 }, key: key)).StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            answer.Dispose();
        }

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var job = (await answer.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
        await JobHost.WaitUntilAsync(() => ReadAsync(db => db.Jobs.AnyAsync(row => row.Id == job.Id && row.State == JobState.Succeeded, Cancel)), "a job that succeeded");
    }

    /// <summary>Nothing acknowledged is missing, nothing happened twice, nothing runs without an owner.</summary>
    private async Task<(int Lost, int Doubles)> AuditAsync()
    {
        database.Arm(0, Fault.Before);
        await JobHost.WaitUntilAsync(() => ReadAsync(db => db.Outbox.AllAsync(row => row.SentAt != null, Cancel)), "an outbox with nothing left to do");
        var jobs = await ReadAsync(db => db.Jobs.AsNoTracking().ToListAsync(Cancel));
        var events = await ReadAsync(db => db.JobEvents.AsNoTracking().OrderBy(row => row.Sequence).ToListAsync(Cancel));
        Assert.All(jobs, job => Assert.Equal(Enumerable.Range(1, (int)job.Sequence).Select(n => (long)n), events.Where(row => row.JobId == job.Id).Select(row => row.Sequence)));
        var last = jobs.Select(job => (job.Id, job.Sequence)).ToList();
        await JobHost.WaitUntilAsync(
            async () => !last.Except((await ReadAsync(db => db.Effects.AsNoTracking().ToListAsync(Cancel))).Select(row => (row.JobId, row.Sequence))).Any(), "the last effect of each job");
        var effects = await ReadAsync(db => db.Effects.AsNoTracking().ToListAsync(Cancel));
        var successes = events.Where(row => row.To == JobState.Succeeded).Select(row => row.JobId).ToList();
        return (
            jobs.Count(job => job.State != JobState.Succeeded) + jobs.Select(job => job.Id).Except(successes).Count(),
            successes.Count - successes.Distinct().Count() + effects.Count - effects.DistinctBy(row => (row.JobId, row.Sequence)).Count());
    }

    /// <summary>Beside the host's own connections, which fail.</summary>
    private async Task<T> ReadAsync<T>(Func<TestDb, Task<T>> read)
    {
        await using var db = new TestSqliteDb(new DbContextOptionsBuilder<TestSqliteDb>().UseSqlite($"Data Source={folder.Path}/tests/tests.db;Default Timeout=30").Options);
        return await read(db);
    }
}
