using InternPlatform.Agents.Runs;
using InternPlatform.Contracts.Agents;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>POST /api/agents/runs/{run}/cancel</c>: the run ends before its next step; a model or tool at work is left alone. Asking twice is asking once.</summary>
internal static class CancelRun
{
    public static void Map(IEndpointRouteBuilder agents) => agents.MapPost("/runs/{run}/cancel", HandleAsync);

    private static async Task<Results<Accepted<AgentRunView>, ProblemHttpResult>> HandleAsync(
        string run, AgentsDb db, RunStore store, AgentEngine engine, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await db.OneRunAsync(run, cancellationToken) is not { } found)
            {
                return Problems.RunNotFound(run);
            }

            if (found.State != AgentRunState.Running)
            {
                return Problems.RunIsOver(found.State);
            }

            found.CancelRequested = true;
            try
            {
                await store.SaveAsync(found, cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                // The engine moved the run in between.
                db.ChangeTracker.Clear();
                continue;
            }

            engine.Interrupt(found.Id);
            return TypedResults.Accepted($"/api/agents/runs/{found.Id}", found.ToView());
        }
    }
}
