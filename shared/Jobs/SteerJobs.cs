using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary><c>POST /jobs/{id}/cancel</c>, <c>/pause</c>, <c>/resume</c>. Asking again for what is so already changes nothing.</summary>
internal static class SteerJobs
{
    public static void Map<TDb>(RouteGroupBuilder jobs, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        jobs.MapPost(
            "/{id}/cancel",
            (string id, Caller caller, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
                => HandleAsync(id, "cancel", Cancel, caller, db, kinds, signals, time, cancellationToken));
        jobs.MapPost(
            "/{id}/pause",
            (string id, Caller caller, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
                => HandleAsync(id, "pause", Pause, caller, db, kinds, signals, time, cancellationToken));
        jobs.MapPost(
            "/{id}/resume",
            (string id, Caller caller, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
                => HandleAsync(id, "resume", Resume, caller, db, kinds, signals, time, cancellationToken));
    }

    private static JobState? Cancel(JobState state) => state switch
    {
        JobState.Queued or JobState.Paused or JobState.Cancelled => JobState.Cancelled,
        JobState.Preparing or JobState.Running or JobState.Pausing or JobState.Cancelling => JobState.Cancelling,
        _ => null,
    };

    private static JobState? Pause(JobState state) => state switch
    {
        JobState.Queued or JobState.Paused => JobState.Paused,
        JobState.Preparing or JobState.Running or JobState.Pausing => JobState.Pausing,
        _ => null,
    };

    private static JobState? Resume(JobState state) => state switch
    {
        JobState.Paused => JobState.Queued,
        JobState.Queued or JobState.Preparing or JobState.Running => state,
        _ => null,
    };

    private static async Task<Results<Ok<JobView>, ProblemHttpResult>> HandleAsync<TDb>(
        string id, string action, Func<JobState, JobState?> next, Caller caller, TDb db, JobKinds<TDb> kinds, JobSignals<TDb> signals, TimeProvider time,
        CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        while (true)
        {
            db.ChangeTracker.Clear();
            if (!Guid.TryParse(id, out var jobId) || await db.Jobs.FirstOrDefaultAsync(row => row.Id == jobId, cancellationToken) is not { } job)
            {
                return JobProblems.NotFound(kinds.Service);
            }

            if (action == "pause" && kinds.Find(job.Kind) is not { CanPause: true } && !job.State.HasEnded())
            {
                return JobProblems.CannotPause(kinds.Service, job.Kind);
            }

            if (next(job.State) is not { } to)
            {
                return JobProblems.WrongState(kinds.Service, action, job.State);
            }

            if (to == job.State)
            {
                return TypedResults.Ok(job.View(kinds.Service, null));
            }

            JobTransitions.Move(db, kinds.Service, job, to, caller.UserId, action, time.GetUtcNow());
            if (!await db.TrySaveMoveAsync(job, cancellationToken))
            {
                continue;
            }

            kinds.Metrics.Moved(job, to);
            signals.Changed(job.Id);
            signals.Queue.Set();
            return TypedResults.Ok(job.View(kinds.Service, null));
        }
    }
}
