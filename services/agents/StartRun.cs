using InternPlatform.Agents.Runs;
using InternPlatform.Contracts.Agents;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>POST /api/agents/agents/{agent}/runs</c>: asks an agent. The engine does the rest, whatever becomes of the caller.</summary>
internal static class StartRun
{
    private const int LongestQuestion = 20_000;

    public static void Map(IEndpointRouteBuilder agents) => agents.MapPost("/agents/{agent}/runs", HandleAsync);

    private static async Task<Results<Accepted<AgentRunView>, ProblemHttpResult>> HandleAsync(
        string agent, StartAgentRun request, Caller caller, AgentsDb db, RunStore store, AgentEngine engine, TimeProvider time,
        CancellationToken cancellationToken, [FromHeader(Name = IdempotencyKeys.Header)] string? key = null)
    {
        if (await db.OneAsync(agent, cancellationToken) is not { } found)
        {
            return Problems.AgentNotFound(agent);
        }

        if (string.IsNullOrWhiteSpace(request.Question) || request.Question.Length > LongestQuestion)
        {
            return Problems.InvalidQuestion(LongestQuestion);
        }

        if (key is not null && !IdempotencyKeys.IsUsable(key))
        {
            return Problems.BadKey();
        }

        var keyed = key is null ? null : IdempotentRequest.Of(caller, $"POST /agents/{found.Id}/runs", key, request);
        if (keyed is not null && await FirstAnswerAsync(db, keyed, time, cancellationToken) is { } first)
        {
            return first;
        }

        var run = NewRun(found, request, caller, time.GetUtcNow());
        db.Runs.Add(run);
        if (keyed is not null)
        {
            db.RememberAnswer(keyed, run.Id, time);
        }

        try
        {
            await store.SaveAsync(run, cancellationToken);
        }
        catch (DbUpdateException) when (keyed is not null)
        {
            // The same request at the same moment: its answer is this one's.
            db.ChangeTracker.Clear();
            if (await FirstAnswerAsync(db, keyed, time, cancellationToken) is { } winner)
            {
                return winner;
            }

            throw;
        }

        engine.Wake();
        return Accepted(run);
    }

    private static async Task<Results<Accepted<AgentRunView>, ProblemHttpResult>?> FirstAnswerAsync(
        AgentsDb db, IdempotentRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.FindAnswerAsync(request, time, cancellationToken) is not var (id, sameBody))
        {
            return null;
        }

        return !sameBody ? Problems.KeyReused()
            : await db.OneRunAsync(id.ToString(), cancellationToken) is { } run ? Accepted(run)
            : Problems.RunNotFound(id.ToString());
    }

    private static AgentRunRow NewRun(AgentRow agent, StartAgentRun request, Caller caller, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        ProjectId = caller.ProjectId,
        AgentId = agent.Id,
        Agent = agent,
        Question = request.Question,
        Seed = request.Seed,
        UserId = caller.UserId,
        UserName = caller.UserName,
        Scopes = string.Join(' ', caller.Scopes),
        CreatedAt = now,
    };

    private static Accepted<AgentRunView> Accepted(AgentRunRow run) => TypedResults.Accepted($"/api/agents/runs/{run.Id}", run.ToView());
}
