using InternPlatform.Contracts;
using InternPlatform.Contracts.Pipelines;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines;

/// <summary><c>GET /api/pipelines/runs</c>: newest first. <c>GET /api/pipelines/runs/{id}</c>: one, by id or name.</summary>
internal static class ListRuns
{
    public static void Map(IEndpointRouteBuilder pipelines)
    {
        pipelines.MapGet("/runs", ListAsync);
        pipelines.MapGet("/runs/{run}", GetAsync);
    }

    public static async Task<Results<Ok<Page<PipelineRunView>>, ProblemHttpResult>> ListAsync(
        PipelinesDb db, CancellationToken cancellationToken, int limit = 50, string? cursor = null)
    {
        var before = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out before))
        {
            return Problems.BadCursor(cursor);
        }

        var size = Math.Clamp(limit, 1, 200);
        var runs = db.Runs.Include(run => run.Steps).Where(run => cursor == null || run.Id.CompareTo(before) < 0);
        var rows = await runs.OrderByDescending(run => run.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<PipelineRunView>
        {
            Items = [.. rows.Take(size).Select(run => run.ToView())],
            NextCursor = rows.Count > size ? rows[size - 1].Id.ToString() : null,
        });
    }

    public static async Task<Results<Ok<PipelineRunView>, ProblemHttpResult>> GetAsync(
        string run, PipelinesDb db, CancellationToken cancellationToken) =>
        await db.Runs.OneAsync(run, cancellationToken) is { } found
            ? TypedResults.Ok(found.ToView())
            : Problems.NoSuchRun(run);
}

/// <summary>Finds a run as people name it. The context shows a request its caller's project only.</summary>
internal static class RunQueries
{
    public static Task<PipelineRunRow?> OneAsync(this IQueryable<PipelineRunRow> runs, string idOrName, CancellationToken cancellationToken)
    {
        var known = runs.Include(run => run.Steps);
        return Guid.TryParse(idOrName, out var id)
            ? known.SingleOrDefaultAsync(run => run.Id == id, cancellationToken)
            : known.SingleOrDefaultAsync(run => run.Name == idOrName, cancellationToken);
    }
}
