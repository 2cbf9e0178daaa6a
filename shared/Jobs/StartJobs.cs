using System.Globalization;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary><c>POST /jobs</c>: queues a job. With an <c>Idempotency-Key</c> a repeat gets the first answer.</summary>
internal static class StartJobs
{
    private const string Route = "POST /jobs";
    private const int LongestName = 200;

    public static void Map<TDb>(RouteGroupBuilder jobs, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        jobs.MapPost(
            "",
            (StartJob body, [FromHeader(Name = IdempotencyKeys.Header)] string? idempotencyKey, Caller caller, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
                => HandleAsync(body, idempotencyKey, caller, db, kinds, signals, time, cancellationToken));
    }

    private static async Task<Results<Accepted<JobView>, ProblemHttpResult>> HandleAsync<TDb>(
        StartJob body, string? key, Caller caller, TDb db, JobKinds<TDb> kinds, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (key is not null && !IdempotencyKeys.IsUsable(key))
        {
            return JobProblems.InvalidIdempotencyKey(kinds.Service);
        }

        var request = key is null ? null : IdempotentRequest.Of(caller, Route, key, body);
        if (request is not null && await AnswerAgainAsync(db, kinds, request, time, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (await RefuseAsync(body, caller, db, kinds, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var spec = await kinds.Find(body.Kind)!.PrepareAsync(body.Spec, db, caller, cancellationToken);
        var job = Queue(body, spec, caller, db, kinds, time);
        if (request is not null)
        {
            db.RememberAnswer(request, job.Id, time);
        }

        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException) when (request is not null)
        {
            db.ChangeTracker.Clear();
            if (await AnswerAgainAsync(db, kinds, request, time, cancellationToken) is { } winner)
            {
                return winner;
            }

            throw;
        }

        signals.Queue.Set();
        return Accepted(kinds.Service, job);
    }

    private static async Task<Results<Accepted<JobView>, ProblemHttpResult>?> AnswerAgainAsync<TDb>(
        TDb db, JobKinds<TDb> kinds, IdempotentRequest request, TimeProvider time, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (await db.FindAnswerAsync(request, time, cancellationToken) is not var (id, sameBody))
        {
            return null;
        }

        return sameBody ? Accepted(kinds.Service, await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == id, cancellationToken)) : JobProblems.KeyReused(kinds.Service);
    }

    private static async Task<ProblemHttpResult?> RefuseAsync<TDb>(StartJob body, Caller caller, TDb db, JobKinds<TDb> kinds, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (kinds.Find(body.Kind) is not { } kind)
        {
            return JobProblems.UnknownKind(kinds.Service, body.Kind, kinds.Names);
        }

        if (body.Name is { } name && (name.Trim().Length == 0 || name.Length > LongestName || name.Any(c => char.IsControl(c) || char.IsSurrogate(c) && !IsPaired(name))))
        {
            return JobProblems.InvalidName(kinds.Service);
        }

        return await kind.ValidateAsync(kinds.Service, body.Spec, db, caller, cancellationToken);
    }

    private static bool IsPaired(string name)
    {
        try
        {
            return name.Normalize() is not null;
        }
        catch (ArgumentException)
        {
            return false;    // a lone surrogate
        }
    }

    private static JobRow Queue<TDb>(StartJob body, string spec, Caller caller, TDb db, JobKinds<TDb> kinds, TimeProvider time)
        where TDb : JobsDbContext
    {
        var now = time.GetUtcNow();
        var job = new JobRow
        {
            Id = Guid.CreateVersion7(now),
            ProjectId = caller.ProjectId,
            Kind = body.Kind,
            Name = body.Name ?? $"{body.Kind} {now.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}",
            State = JobState.Queued,
            Spec = spec,
            CreatedById = caller.UserId,
            CreatedBy = caller.UserName,
            Scopes = string.Join(' ', caller.Scopes),
            CreatedAt = now,
            TraceParent = JobTrace.Current,
        };
        JobTransitions.Create(db, kinds.Service, job, caller.UserId);
        return job;
    }

    private static Accepted<JobView> Accepted(string service, JobRow job) => TypedResults.Accepted($"/api/{service}/jobs/{job.Id}", job.View(service, null));
}
