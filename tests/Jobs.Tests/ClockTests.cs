using InternPlatform.Contracts.Jobs;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>U5: clocks are set, and those of two machines differ. Leases, keys and messages do not depend on it.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan[] Jumps = [TimeSpan.FromHours(-1), TimeSpan.FromDays(1), TimeSpan.FromHours(1), TimeSpan.FromMinutes(-10), TimeSpan.FromMinutes(10)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Goal", "U5")]
    public async Task Twenty_jumps_of_the_clock_cost_no_job_an_attempt_and_nothing_happens_twice()
    {
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path);
        var jobs = new List<Guid>();
        for (var jump = 0; jump < 20; jump++)
        {
            jobs.Add((await host.QueueAsync(new CountSpec { Steps = 40, DelayMilliseconds = 5 })).Id);
            host.Time.Ahead += Jumps[jump % Jumps.Length];
            await Task.Delay(100, Cancel);
        }

        foreach (var job in jobs)
        {
            Assert.Equal(1, (await host.WaitAsync(job, JobState.Succeeded)).Attempt);
        }

        await JobHost.WaitUntilAsync(() => host.WithDbAsync(async db => await db.Effects.CountAsync(row => row.Sequence == 4, Cancel) == jobs.Count), "the last effect of each job");
        Assert.Equal(0, await host.WithDbAsync(db => db.Effects.GroupBy(row => new { row.JobId, row.Sequence }).CountAsync(group => group.Count() > 1, Cancel)));
    }

    [Fact]
    public async Task A_lease_of_a_machine_whose_clock_is_behind_is_let_alone_while_it_is_renewed_and_taken_back_when_it_is_not()
    {
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path, new JobTimings { Lease = TimeSpan.FromSeconds(2), Poll = TimeSpan.FromMilliseconds(100) });
        var id = Guid.CreateVersion7();
        await host.WithDbAsync(async db =>
        {
            db.Jobs.Add(new JobRow
            {
                Id = id,
                ProjectId = JobHost.Anna.ProjectId,
                Kind = "count",
                Name = "elsewhere",
                State = JobState.Running,
                Spec = """{"steps":1}""",
                CreatedById = "anna",
                CreatedBy = "Anna",
                Scopes = "read",
                CreatedAt = TimeProvider.System.GetUtcNow(),
                Sequence = 3,
                LeaseToken = 1,
                LeaseOwner = "another-machine/1/1/x",
            });
            return await db.SaveChangesAsync(Cancel);
        });
        for (var renewal = 0; renewal < 12; renewal++)
        {
            // An hour behind by the other's clock, all the time.
            var until = TimeProvider.System.GetUtcNow().AddHours(-1);
            await host.WithDbAsync(db => db.Jobs.Where(row => row.Id == id).ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, until), Cancel));
            await Task.Delay(300, Cancel);
            Assert.Equal(JobState.Running, await host.WithDbAsync(db => db.Jobs.Where(row => row.Id == id).Select(row => row.State).SingleAsync(Cancel)));
        }

        var done = await host.WaitAsync(id, JobState.Succeeded);
        Assert.Equal(2, done.Attempt);
    }
}
