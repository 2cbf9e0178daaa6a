using InternPlatform.Contracts.Jobs;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class JobLeaseTests : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly ShiftedTime time = new();
    private readonly JobKinds<TestDb> kinds = TestService.Kinds(new JobTimings());
    private readonly JobSignals<TestDb> signals = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await database.MigrateAsync(Cancel);

    public async ValueTask DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Fifty_lapsed_leases_write_nothing_more()    // D4
    {
        var (a, b) = (Worker("a"), Worker("b"));
        var id = await QueueAsync();
        var (older, newer) = (a, b);
        for (var lapse = 0; lapse < 50; lapse++)
        {
            var first = Lease((await older.TryClaimAsync(Cancel))!);
            await older.MoveAsync(first, (_, _) => Move(JobState.Running), Cancel);
            time.Ahead += TimeSpan.FromSeconds(31);
            var seen = (await newer.ListWorkedOnAsync(Cancel)).Single();
            Assert.True(seen.LeaseUntil < time.GetUtcNow());
            Assert.True(await newer.TakeBackAsync(seen, "the lease lapsed", counts: false, Cancel));
            var second = Lease((await newer.TryClaimAsync(Cancel))!);
            Assert.True(second.Token > first.Token);
            var before = await RowAsync(id);

            await Assert.ThrowsAsync<LeaseLostException>(() => older.RenewAsync(first, new JobProgress { Done = 999, Unit = "lies" }, Cancel));
            await Assert.ThrowsAsync<LeaseLostException>(() => older.SetWorkerAsync(first, new ProcessIdentity(1, 1), Cancel));
            await Assert.ThrowsAsync<LeaseLostException>(() => older.MoveAsync(first, (_, _) => Move(JobState.Succeeded), Cancel));
            await Assert.ThrowsAsync<LeaseLostException>(() => older.RenewAsync(second, null, Cancel));    // not even with the token of the other

            Assert.Equivalent(before, await RowAsync(id), strict: true);
            Assert.False(await older.TakeBackAsync(seen, "again", counts: false, Cancel));
            await newer.MoveAsync(second, (_, _) => Move(JobState.Queued), Cancel);
            (older, newer) = (newer, older);
        }

        Assert.Equal(51, (await RowAsync(id)).Attempt);
        await using var db = database.Open();
        var transitions = await db.JobEvents.AsNoTracking().OrderBy(change => change.Sequence).ToListAsync(Cancel);
        Assert.Equal(Enumerable.Range(1, transitions.Count).Select(n => (long)n), transitions.Select(change => change.Sequence));
        Assert.DoesNotContain(transitions, change => change.To == JobState.Succeeded);
    }

    [Fact]
    public async Task Two_supervisors_never_claim_one_job()
    {
        for (var i = 0; i < 20; i++)
        {
            await QueueAsync();
        }

        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(async () =>
        {
            var mine = new List<Guid>();
            var worker = Worker($"{n}");
            while (await worker.TryClaimAsync(Cancel) is { } job)
            {
                mine.Add(job.Id);
            }

            return mine;
        })));

        Assert.Equal(20, claims.Sum(mine => mine.Count));
        Assert.Equal(20, claims.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task A_callers_wish_wins_over_a_loss()
    {
        var worker = Worker("a");
        var id = await QueueAsync();
        var lease = Lease((await worker.TryClaimAsync(Cancel))!);
        await using (var db = database.Open())
        {
            var job = await db.Jobs.SingleAsync(Cancel);
            JobTransitions.Move(db, "tests", job, JobState.Cancelling, "anna", "cancel", time.GetUtcNow());
            await db.SaveChangesAsync(Cancel);
        }

        Assert.Equal(JobState.Cancelling, await worker.RenewAsync(lease, null, Cancel));
        await worker.MoveAsync(lease, (_, row) => ValueTask.FromResult<(JobState, string?)?>(worker.Lost(row, "the worker ended", counts: true)), Cancel);

        Assert.Equal(JobState.Cancelled, (await RowAsync(id)).State);
    }

    [Fact]
    public void Getting_further_forgives_earlier_losses()
    {
        var worker = Worker("a");
        var job = NewJob();
        for (var loss = 1; loss <= 30; loss++)
        {
            job.State = JobState.Running;
            job.ProgressDone = loss / 4;    // a step further at every fourth attempt
            Assert.Equal(JobState.Queued, worker.Lost(job, "the worker ended", counts: true).To);
        }

        job.State = JobState.Running;
        for (var host = 0; host < 30; host++)
        {
            Assert.Equal(JobState.Queued, worker.Lost(job, "the host ended", counts: false).To);
        }
    }

    private static JobLease Lease(JobRow job) => new(job.Id, job.LeaseToken);

    private static ValueTask<(JobState, string?)?> Move(JobState to) => ValueTask.FromResult<(JobState, string?)?>((to, null));

    private JobLeases<TestDb> Worker(string name) => new(database.Scopes, time, kinds, signals, name);

    private async Task<JobRow> RowAsync(Guid id)
    {
        await using var db = database.Open();
        return await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == id, Cancel);
    }

    private async Task<Guid> QueueAsync()
    {
        await using var db = database.Open();
        var job = NewJob();
        JobTransitions.Create(db, "tests", job, "anna");
        await db.SaveChangesAsync(Cancel);
        return job.Id;
    }

    private JobRow NewJob() => new()
    {
        Id = Guid.CreateVersion7(),
        ProjectId = JobHost.Anna.ProjectId,
        Kind = "count",
        Name = "count",
        State = JobState.Queued,
        Spec = "{}",
        CreatedById = "anna",
        CreatedBy = "Anna",
        Scopes = "read",
        CreatedAt = time.GetUtcNow(),
    };
}
