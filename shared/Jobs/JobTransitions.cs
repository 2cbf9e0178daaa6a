using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary>The one place where a job changes its state: row, stored event and messages belong together.</summary>
internal static class JobTransitions
{
    public static bool HasEnded(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;

    /// <summary>Somebody should be working on it.</summary>
    public static bool HasWorker(this JobState state) => state is JobState.Preparing or JobState.Running or JobState.Pausing or JobState.Cancelling;

    public static void Create(IJobsDb db, string service, JobRow job, string who)
    {
        db.Jobs.Add(job);
        Record(db, service, job, null, who, null, job.CreatedAt);
    }

    public static void Move(IJobsDb db, string service, JobRow job, JobState to, string who, string? why, DateTimeOffset now)
    {
        var from = job.State;
        job.State = to;
        if (to == JobState.Running)
        {
            job.StartedAt ??= now;
        }

        if (to.HasEnded())
        {
            job.EndedAt = now;
        }

        if (!to.HasWorker())
        {
            job.LeaseOwner = null;
            job.LeaseUntil = null;
            job.WorkerPid = null;
            job.WorkerStart = null;
        }

        job.Version = Guid.CreateVersion7();
        Record(db, service, job, from, who, why, now);
    }

    /// <summary>
    /// Saves a move, or says false where somebody else moved the job since it was read: look again. Which of the two constraints such a race breaks first,
    /// the row's version or the event's number, depends on the provider, so the row is asked.
    /// </summary>
    public static async Task<bool> TrySaveMoveAsync<TDb>(this TDb db, JobRow job, CancellationToken cancellationToken)
        where TDb : DbContext, IJobsDb
    {
        var read = db.Entry(job).Property(row => row.Version).OriginalValue;
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException)
        {
            db.ChangeTracker.Clear();
            if (await db.Jobs.IgnoreQueryFilters().AnyAsync(row => row.Id == job.Id && row.Version == read, cancellationToken))
            {
                throw;
            }

            return false;
        }
    }

    private static void Record(IJobsDb db, string service, JobRow job, JobState? from, string who, string? why, DateTimeOffset now)
    {
        job.Sequence++;
        db.JobEvents.Add(new JobEventRow { JobId = job.Id, Sequence = job.Sequence, At = now, From = from, To = job.State, Who = who, Why = why });
        db.Outbox.Add(OutboxMessages.Row(
            new JobChanged { Service = service, JobId = job.Id, ProjectId = job.ProjectId, Kind = job.Kind, State = job.State, Sequence = job.Sequence }, now));
        db.Outbox.Add(OutboxMessages.Row(
            new ObjectChanged
            {
                Service = service,
                Kind = "job",
                ObjectId = job.Id,
                ProjectId = job.ProjectId,
                Name = job.Name,
                State = JobProblems.Camel(job.State),
                Path = $"/runs/{service}/{job.Id}",
                Version = job.Sequence,
            },
            now));
    }
}
