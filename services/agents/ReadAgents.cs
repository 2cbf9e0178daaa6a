using InternPlatform.Contracts;
using InternPlatform.Contracts.Agents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>GET /api/agents/agents</c>: newest first. <c>GET …/{agent}</c>: one, by id or name.</summary>
internal static class ReadAgents
{
    private const int Most = 200;

    public static void Map(IEndpointRouteBuilder agents)
    {
        agents.MapGet("/agents", ListAsync);
        agents.MapGet("/agents/{agent}", GetAsync);
    }

    /// <summary>The agent of the caller's project with this id or name.</summary>
    public static Task<AgentRow?> OneAsync(this AgentsDb db, string idOrName, CancellationToken cancellationToken) => Guid.TryParse(idOrName, out var id)
        ? db.Agents.SingleOrDefaultAsync(agent => agent.Id == id, cancellationToken)
        : db.Agents.SingleOrDefaultAsync(agent => agent.Name == idOrName, cancellationToken);

    private static async Task<Results<Ok<Page<AgentView>>, ProblemHttpResult>> ListAsync(
        AgentsDb db, CancellationToken cancellationToken, int limit = 50, string? cursor = null)
    {
        var before = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out before))
        {
            return Problems.BadCursor(cursor);
        }

        var size = Math.Clamp(limit, 1, Most);
        var rows = await db.Agents.AsNoTracking().Where(agent => cursor == null || agent.Id.CompareTo(before) < 0)
            .OrderByDescending(agent => agent.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<AgentView>
        {
            Items = [.. rows.Take(size).Select(Views.ToView)],
            NextCursor = rows.Count > size ? rows[size - 1].Id.ToString() : null,
        });
    }

    private static async Task<Results<Ok<AgentView>, ProblemHttpResult>> GetAsync(string agent, AgentsDb db, CancellationToken cancellationToken) =>
        await db.OneAsync(agent, cancellationToken) is { } found ? TypedResults.Ok(found.ToView()) : Problems.AgentNotFound(agent);
}
