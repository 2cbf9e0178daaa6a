using InternPlatform.Agents.Runs;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.Jobs;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>DELETE /api/agents/agents/{agent}</c>: forgets the agent and its runs. What it was made of stays, and so does its place in the lineage.</summary>
internal static class DeleteAgents
{
    public static void Map(IEndpointRouteBuilder agents) => agents.MapDelete("/agents/{agent}", HandleAsync);

    private static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        string agent, AgentsDb db, Outbox<AgentsDb> outbox, IArtifactStore store, CancellationToken cancellationToken)
    {
        if (await db.OneAsync(agent, cancellationToken) is not { } found)
        {
            return Problems.AgentNotFound(agent);
        }

        var runs = await db.Runs.Where(run => run.AgentId == found.Id).ToListAsync(cancellationToken);
        if (runs.Exists(run => run.State == AgentRunState.Running))
        {
            return Problems.AgentBusy(found.Name);
        }

        runs.ForEach(run => outbox.Add(RunStore.Message(run, deleted: true)));
        outbox.Add(CreateAgents.Changed(found, version: 2, deleted: true));
        db.Agents.Remove(found);
        await db.SaveChangesAsync(cancellationToken);
        // After the row: a process that dies in between leaves a reference too many, never a row without its artefact.
        await store.RemoveReferenceAsync(AgentArtifacts.Reference(found.Id), cancellationToken);
        return TypedResults.NoContent();
    }
}
