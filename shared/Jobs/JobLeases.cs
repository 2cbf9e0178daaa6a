using InternPlatform.Contracts.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace InternPlatform.Jobs;

/// <summary>The right to run one job and to write about it, until another lease of the job is given.</summary>
internal sealed record JobLease(Guid JobId, long Token);

/// <summary>
/// Every write of a supervisor goes through here. Each names its lease; once the job has been leased again the token is older than the row's
/// and the write throws <see cref="LeaseLostException"/>, however late it comes.
/// </summary>
internal sealed class JobLeases<TDb>(IServiceScopeFactory scopes, TimeProvider time, JobKinds<TDb> kinds, JobSignals<TDb> signals, string owner)
    where TDb : DbContext, IJobsDb
{
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);
    private readonly string who = $"worker {owner}";

    public string Owner { get; } = owner;

    /// <summary>Takes the oldest queued job, or null where there is none.</summary>
    public async Task<JobRow?> TryClaimAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<TDb>();
            var job = await db.Jobs.IgnoreQueryFilters().Where(row => row.State == JobState.Queued).OrderBy(row => row.Id).FirstOrDefaultAsync(cancellationToken);
            if (job is null)
            {
                return null;
            }

            JobTransitions.Move(db, kinds.Service, job, JobState.Preparing, who, null, time.GetUtcNow());
            job.LeaseToken++;
            job.LeaseOwner = Owner;
            job.LeaseUntil = time.GetUtcNow() + kinds.Timings.Lease;
            if (await db.TrySaveMoveAsync(job, cancellationToken))
            {
                signals.Changed(job.Id);
                return job;
            }
        }
    }

    /// <summary>Prolongs the lease; tells the job's state, which a caller may have changed meanwhile.</summary>
    public async Task<JobState> RenewAsync(JobLease lease, JobProgress? progress, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var until = time.GetUtcNow() + kinds.Timings.Lease;
        var mine = Mine(db, lease);
        var written = progress is null
            ? await mine.ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, until), cancellationToken)
            : await mine.ExecuteUpdateAsync(
                row => row.SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.ProgressDone, progress.Done).SetProperty(r => r.ProgressTotal, progress.Total)
                    .SetProperty(r => r.ProgressUnit, progress.Unit).SetProperty(r => r.ProgressRate, progress.RatePerSecond),
                cancellationToken);
        return written == 1
            ? await Mine(db, lease).Select(row => row.State).SingleAsync(cancellationToken)
            : throw new LeaseLostException(lease.JobId, lease.Token);
    }

    public Task SetWorkerAsync(JobLease lease, ProcessIdentity worker, CancellationToken cancellationToken) =>
        WhenBackAsync(() => TrySetWorkerAsync(lease, worker, cancellationToken), cancellationToken);

    private async Task<bool> TrySetWorkerAsync(JobLease lease, ProcessIdentity worker, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var written = await Mine(scope.ServiceProvider.GetRequiredService<TDb>(), lease)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.WorkerPid, worker.Pid).SetProperty(r => r.WorkerStart, worker.Start), cancellationToken);
        return written == 1 ? true : throw new LeaseLostException(lease.JobId, lease.Token);
    }

    /// <summary>
    /// One transition under the lease. <paramref name="decide"/> sees the row as it is now, a caller's wish included, and says what becomes of it;
    /// null leaves it. Row, event, messages and whatever <paramref name="decide"/> adds to the context are one transaction.
    /// </summary>
    public Task<JobState> MoveAsync(JobLease lease, Func<TDb, JobRow, ValueTask<(JobState To, string? Why)?>> decide, CancellationToken cancellationToken) =>
        WhenBackAsync(() => TryMoveAsync(lease, decide, cancellationToken), cancellationToken);

    private async Task<JobState> TryMoveAsync(JobLease lease, Func<TDb, JobRow, ValueTask<(JobState To, string? Why)?>> decide, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<TDb>();
            var job = await Mine(db, lease).SingleOrDefaultAsync(cancellationToken) ?? throw new LeaseLostException(lease.JobId, lease.Token);
            if (await decide(db, job) is not { } move)
            {
                return job.State;
            }

            JobTransitions.Move(db, kinds.Service, job, move.To, who, move.Why, time.GetUtcNow());
            if (await db.TrySaveMoveAsync(job, cancellationToken))
            {
                kinds.Metrics.Moved(job, move.To);
                signals.Changed(job.Id);
                return job.State;
            }
        }
    }

    /// <summary>Jobs that look as if somebody worked on them.</summary>
    public async Task<List<JobRow>> ListWorkedOnAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<TDb>().Jobs.IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.State == JobState.Preparing || row.State == JobState.Running || row.State == JobState.Pausing || row.State == JobState.Cancelling)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Takes a job from a supervisor that is gone: its token is over with this.</summary>
    /// <param name="seen">The row as it was judged; if it has moved since, nothing is done.</param>
    /// <param name="why">Kept with the transition.</param>
    /// <param name="counts">The worker may be to blame, so the loss counts towards the limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> TakeBackAsync(JobRow seen, string why, bool counts, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var job = await db.Jobs.IgnoreQueryFilters().SingleOrDefaultAsync(row => row.Id == seen.Id && row.LeaseToken == seen.LeaseToken && row.LeaseUntil == seen.LeaseUntil, cancellationToken);
        if (job is null || !job.State.HasWorker())
        {
            return false;
        }

        var (to, reason) = Lost(job, why, counts);
        job.LeaseToken++;
        JobTransitions.Move(db, kinds.Service, job, to, $"supervisor {Owner}", reason, time.GetUtcNow());
        if (!await db.TrySaveMoveAsync(job, cancellationToken))
        {
            return false;
        }

        kinds.Metrics.TakenBack(job);
        kinds.Metrics.Moved(job, to);
        signals.Changed(job.Id);
        return true;
    }

    /// <summary>What becomes of a job whose worker is gone: it is queued again, unless a caller wanted it to end or pause, or it gets nowhere.</summary>
    public (JobState To, string Why) Lost(JobRow job, string why, bool counts)
    {
        if (job.State == JobState.Cancelling)
        {
            return (JobState.Cancelled, $"cancelled; {why}");
        }

        job.Attempt++;
        if (job.ProgressDone > job.FurthestDone)
        {
            job.FurthestDone = job.ProgressDone.Value;
            job.LossesInARow = 0;
        }

        job.LossesInARow += counts ? 1 : 0;
        if (job.State == JobState.Pausing)
        {
            return (JobState.Paused, $"lost: {why}");
        }

        if (job.LossesInARow < kinds.Timings.MaximumLosses)
        {
            return (JobState.Queued, $"lost: {why}");
        }

        job.Fail(JobProblems.Lost(kinds.Service, job.LossesInARow));
        return (JobState.Failed, $"lost: {why}");
    }

    /// <summary>
    /// Hours of work are not thrown away because their database did not answer for a moment: the write is tried until it does. One that was committed though
    /// its answer was lost finds the lease given up by itself.
    /// </summary>
    private async Task<T> WhenBackAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (Exception e) when (Servers.IsAway(e))
            {
                await Task.Delay(WhileAway, time, cancellationToken);
            }
        }
    }

    private IQueryable<JobRow> Mine(TDb db, JobLease lease)
        => db.Jobs.IgnoreQueryFilters().Where(row => row.Id == lease.JobId && row.LeaseToken == lease.Token && row.LeaseOwner == Owner);
}
