using System.Text.Json;
using InternPlatform.Agents.Runs;
using InternPlatform.Agents.Tools;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents;

/// <summary><c>POST /api/agents/agents</c>: makes an agent of a deployed model, and stores its definition as an artefact.</summary>
internal static partial class CreateAgents
{
    private const string Route = "POST /agents";

    public static void Map(IEndpointRouteBuilder agents) => agents.MapPost("/agents", HandleAsync);

    public static async Task<Results<Created<AgentView>, ProblemHttpResult>> HandleAsync(
        CreateAgent request, Caller caller, AgentsDb db, Outbox<AgentsDb> outbox, ToolRegistry tools, AgentModels models, IArtifactStore store, TimeProvider time,
        ILogger<AgentsDb> logger, CancellationToken cancellationToken, [FromHeader(Name = IdempotencyKeys.Header)] string? key = null)
    {
        if (key is not null && !IdempotencyKeys.IsUsable(key))
        {
            return Problems.BadKey();
        }

        var keyed = key is null ? null : IdempotentRequest.Of(caller, Route, key, request);
        if (keyed is not null && await FirstAnswerAsync(db, keyed, time, cancellationToken) is { } first)
        {
            return first;
        }

        if (AgentRules.Refuse(request, tools) is { } refusal)
        {
            return refusal;
        }

        if (request.DatasetArtifactId is { } dataset && await AgentRules.RefuseDatasetAsync(store, dataset, cancellationToken) is { } unusable)
        {
            return unusable;
        }

        var model = await models.FindAsync(caller.ToOriginator(), request.Model, cancellationToken);
        if (model.Value is not { } deployment)
        {
            return model.Refusal is { } reason ? Problems.ModelNotFound(request.Model, reason) : Problems.ServiceAway(model.Away!);
        }

        var definition = request with { ModelArtifactId = request.ModelArtifactId ?? deployment.ModelArtifactId };
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var agent = Row(id, caller.ProjectId, definition, await AgentArtifacts.PutAsync(store, id, definition, cancellationToken), time.GetUtcNow());
        db.Agents.Add(agent);
        outbox.Add(Produced(agent));
        outbox.Add(Changed(agent, version: 1, deleted: false));
        if (keyed is not null)
        {
            db.RememberAnswer(keyed, id, time);
        }

        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
        {
            // A name or a key taken already, or in the same moment: which, the rows tell.
            db.ChangeTracker.Clear();
            await store.RemoveReferenceAsync(AgentArtifacts.Reference(id), cancellationToken);
            if (keyed is not null && await FirstAnswerAsync(db, keyed, time, cancellationToken) is { } winner)
            {
                return winner;
            }

            if (await db.Agents.AnyAsync(other => other.Name == agent.Name, cancellationToken))
            {
                return Problems.NameTaken(agent.Name);
            }

            throw;
        }

        Log.AgentCreated(logger, agent.Name, agent.Id, agent.Model);
        return Created(agent);
    }

    public static ObjectChanged Changed(AgentRow agent, long version, bool deleted) => new()
    {
        Service = AgentsService.Name,
        Kind = AgentArtifacts.Kind,
        ObjectId = agent.Id,
        ProjectId = agent.ProjectId,
        Name = agent.Name,
        Path = $"/agents/{agent.Id}",
        Version = version,
        Deleted = deleted,
    };

    private static async Task<Results<Created<AgentView>, ProblemHttpResult>?> FirstAnswerAsync(
        AgentsDb db, IdempotentRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.FindAnswerAsync(request, time, cancellationToken) is not var (id, sameBody))
        {
            return null;
        }

        return !sameBody ? Problems.KeyReused()
            : await db.Agents.AsNoTracking().SingleOrDefaultAsync(agent => agent.Id == id, cancellationToken) is { } agent ? Created(agent)
            : Problems.AgentNotFound(id.ToString());
    }

    private static AgentRow Row(Guid id, Guid project, CreateAgent definition, string artifactId, DateTimeOffset now) => new()
    {
        Id = id,
        ProjectId = project,
        Name = definition.Name,
        ArtifactId = artifactId,
        Model = definition.Model,
        ModelArtifactId = definition.ModelArtifactId!,
        Strategy = definition.Strategy,
        Instructions = definition.Instructions,
        ToolsJson = JsonSerializer.Serialize(definition.Tools, PlatformJson.Options),
        DatasetArtifactId = definition.DatasetArtifactId,
        MaxSteps = definition.MaxSteps,
        MaxRepairs = definition.MaxRepairs,
        CreatedAt = now,
    };

    private static ArtifactProduced Produced(AgentRow agent) => new()
    {
        ArtifactId = agent.ArtifactId,
        Kind = AgentArtifacts.Kind,
        Name = agent.Name,
        Service = AgentsService.Name,
        JobId = agent.Id,
        ProjectId = agent.ProjectId,
        Inputs = agent.DatasetArtifactId is { } dataset ? [agent.ModelArtifactId, dataset] : [agent.ModelArtifactId],
    };

    private static Created<AgentView> Created(AgentRow agent) => TypedResults.Created($"/api/agents/agents/{agent.Id}", agent.ToView());

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Created agent {AgentName} ({AgentId}) on the model {Model}")]
        public static partial void AgentCreated(ILogger logger, string agentName, Guid agentId, string model);
    }
}
