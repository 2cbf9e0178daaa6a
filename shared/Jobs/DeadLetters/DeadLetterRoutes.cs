using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs.DeadLetters;

/// <summary>
/// <c>GET /dead-letters</c>, <c>POST /dead-letters/replay</c>, <c>POST /dead-letters/{id}/replay</c>, <c>DELETE /dead-letters/{id}</c>: for those who run the
/// platform. A message may be about any project, so its body is not shown.
/// </summary>
public static class DeadLetterRoutes
{
    private const int MostItems = 200;
    private const int MostKept = DeadLetterStore<JobsDbContext>.LargestBody;

    /// <summary>For a service that has consumers.</summary>
    public static void MapDeadLetters<TDb>(this IEndpointRouteBuilder service, string name)
        where TDb : JobsDbContext
    {
        var letters = service.MapGroup("/dead-letters");
        letters.MapGet("", (int? limit, string? cursor, TDb db, CancellationToken cancellationToken) => ListAsync(name, limit ?? 50, cursor, db, cancellationToken)).RequireScope(Scopes.Admin);
        letters.MapPost("/replay", (TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken) =>
            ReplayAllAsync(db, signals, time, cancellationToken)).RequireScope(Scopes.Admin);
        letters.MapPost("/{id}/replay", (string id, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken) =>
            ReplayAsync(name, id, db, signals, time, cancellationToken)).RequireScope(Scopes.Admin);
        letters.MapDelete("/{id}", (string id, TDb db, CancellationToken cancellationToken) => DiscardAsync(name, id, db, cancellationToken)).RequireScope(Scopes.Admin);
    }

    /// <summary>Newest first.</summary>
    private static async Task<Results<Ok<Page<DeadLetterView>>, ProblemHttpResult>> ListAsync<TDb>(
        string service, int limit, string? cursor, TDb db, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (limit is < 1 or > MostItems)
        {
            return JobProblems.InvalidQuery(service, "limit", $"A whole number from 1 to {MostItems}.");
        }

        var before = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out before))
        {
            return JobProblems.InvalidQuery(service, "cursor", "Pass back nextCursor of the page before.");
        }

        var rows = await db.DeadLetters.AsNoTracking().Where(row => cursor == null || row.Id.CompareTo(before) < 0).OrderByDescending(row => row.Id).Take(limit + 1)
            .Select(row => new DeadLetterView
            {
                Id = row.Id,
                Service = service,
                Queue = row.Queue,
                MessageId = row.MessageId,
                MessageType = row.MessageType,
                Tries = row.Tries,
                Reason = row.Reason,
                FirstAt = row.FirstAt,
                LastAt = row.LastAt,
                DueAt = row.DueAt,
                CanReplay = row.Size <= MostKept,
            }).ToListAsync(cancellationToken);
        var items = rows.Take(limit).ToList();
        return TypedResults.Ok(new Page<DeadLetterView> { Items = items, NextCursor = rows.Count > limit ? items[^1].Id.ToString() : null });
    }

    /// <summary>All that wait for a person.</summary>
    private static async Task<Accepted<Replayed>> ReplayAllAsync<TDb>(TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        var count = await PutBackAsync(db.DeadLetters.Where(row => row.DueAt == null && row.Size <= MostKept), signals, time, cancellationToken);
        return TypedResults.Accepted((string?)null, new Replayed { Count = count });
    }

    private static async Task<Results<Accepted<Replayed>, ProblemHttpResult>> ReplayAsync<TDb>(
        string service, string id, TDb db, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
        where TDb : JobsDbContext
    {
        if (!Guid.TryParse(id, out var letter) || await db.DeadLetters.AsNoTracking().Where(row => row.Id == letter).Select(row => (int?)row.Size).FirstOrDefaultAsync(cancellationToken) is not { } size)
        {
            return JobProblems.LetterNotFound(service);
        }

        if (size > MostKept)
        {
            return JobProblems.LetterNotKept(service, size);
        }

        var count = await PutBackAsync(db.DeadLetters.Where(row => row.Id == letter), signals, time, cancellationToken);
        return TypedResults.Accepted((string?)null, new Replayed { Count = count });
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DiscardAsync<TDb>(string service, string id, TDb db, CancellationToken cancellationToken)
        where TDb : JobsDbContext => Guid.TryParse(id, out var letter) && await db.DeadLetters.Where(row => row.Id == letter).ExecuteDeleteAsync(cancellationToken) == 1
        ? TypedResults.NoContent()
        : JobProblems.LetterNotFound(service);

    /// <summary>Due now, as if for the first time.</summary>
    private static async Task<int> PutBackAsync<TDb>(IQueryable<DeadLetterRow> letters, JobSignals<TDb> signals, TimeProvider time, CancellationToken cancellationToken)
    {
        DateTimeOffset? now = time.GetUtcNow();
        var version = Guid.CreateVersion7();
        var count = await letters.ExecuteUpdateAsync(
            row => row.SetProperty(r => r.DueAt, now).SetProperty(r => r.Tries, 0).SetProperty(r => r.Version, version), cancellationToken);
        signals.DeadLetters.Set();
        return count;
    }
}
