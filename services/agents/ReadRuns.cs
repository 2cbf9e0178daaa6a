using InternPlatform.Contracts;
using InternPlatform.Contracts.Agents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>GET /api/agents/agents/{agent}/runs</c>: an agent's, newest first. <c>GET /api/agents/runs/{run}</c>: one with its steps.</summary>
internal static class ReadRuns
{
    private const int Most = 100;

    public static void Map(IEndpointRouteBuilder agents)
    {
        agents.MapGet("/agents/{agent}/runs", ListAsync);
        agents.MapGet("/runs/{run}", GetAsync);
    }

    /// <summary>The run of the caller's project with this id.</summary>
    public static async Task<AgentRunRow?> OneRunAsync(this AgentsDb db, string run, CancellationToken cancellationToken) => Guid.TryParse(run, out var id)
        ? await db.Runs.Include(row => row.Agent).Include(row => row.Steps).SingleOrDefaultAsync(row => row.Id == id, cancellationToken)
        : null;

    private static async Task<Results<Ok<Page<AgentRunView>>, ProblemHttpResult>> ListAsync(
        string agent, AgentsDb db, CancellationToken cancellationToken, int limit = 20, string? cursor = null)
    {
        var before = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out before))
        {
            return Problems.BadCursor(cursor);
        }

        if (await db.OneAsync(agent, cancellationToken) is not { } found)
        {
            return Problems.AgentNotFound(agent);
        }

        var size = Math.Clamp(limit, 1, Most);
        var rows = await db.Runs.AsNoTracking().Include(run => run.Agent).Include(run => run.Steps)
            .Where(run => run.AgentId == found.Id && (cursor == null || run.Id.CompareTo(before) < 0))
            .OrderByDescending(run => run.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<AgentRunView>
        {
            Items = [.. rows.Take(size).Select(Views.ToView)],
            NextCursor = rows.Count > size ? rows[size - 1].Id.ToString() : null,
        });
    }

    private static async Task<Results<Ok<AgentRunView>, ProblemHttpResult>> GetAsync(string run, AgentsDb db, CancellationToken cancellationToken) =>
        await db.OneRunAsync(run, cancellationToken) is { } found ? TypedResults.Ok(found.ToView()) : Problems.RunNotFound(run);
}
