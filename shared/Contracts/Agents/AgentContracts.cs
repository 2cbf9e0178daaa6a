using System.Text.Json;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Contracts.Agents;

/// <summary>Body of <c>POST /api/agents/agents</c>.</summary>
public sealed record CreateAgent
{
    public required string Name { get; init; }

    /// <summary>Id of the model in <c>/v1</c>: a deployment's name.</summary>
    public required string Model { get; init; }

    /// <summary>Artefact of that model, for the lineage; null: what the deployment says.</summary>
    public string? ModelArtifactId { get; init; }

    /// <summary>
    /// <c>function-calling</c>: a tool always runs before the answer, and calls are held to its schema; <c>function-calling-auto</c>: the model decides;
    /// <c>react</c>: thoughts, actions and observations as text, for any model.
    /// </summary>
    public string Strategy { get; init; } = "function-calling";

    /// <summary>System prompt; null: the strategy's own.</summary>
    public string? Instructions { get; init; }

    /// <summary>Names of <c>GET /api/agents/tools</c>.</summary>
    public IReadOnlyList<string> Tools { get; init; } = ["calculator"];

    /// <summary>Data set that the look-up tool reads.</summary>
    public string? DatasetArtifactId { get; init; }

    /// <summary>Model calls in one run.</summary>
    public int MaxSteps { get; init; } = 6;

    /// <summary>Turns in which the model may mend a call that could not be used.</summary>
    public int MaxRepairs { get; init; } = 1;
}

public sealed record AgentView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Its definition as an artefact, for the lineage.</summary>
    public string? ArtifactId { get; init; }
    public required string Model { get; init; }
    public string? ModelArtifactId { get; init; }
    public required string Strategy { get; init; }
    public string? Instructions { get; init; }
    public required IReadOnlyList<string> Tools { get; init; }
    public string? DatasetArtifactId { get; init; }
    public required int MaxSteps { get; init; }
    public required int MaxRepairs { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One entry of <c>GET /api/agents/tools</c>.</summary>
public sealed record ToolView
{
    public required string Name { get; init; }
    public required string Description { get; init; }

    /// <summary>JSON schema of the arguments.</summary>
    public required JsonElement Parameters { get; init; }
}

/// <summary>Body of <c>POST /api/agents/agents/{agent}/runs</c>; the answer is 202 with the run.</summary>
public sealed record StartAgentRun
{
    public required string Question { get; init; }
    public int Seed { get; init; } = 1;
}

public enum AgentRunState
{
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

public sealed record AgentRunView
{
    public required Guid Id { get; init; }
    public required Guid AgentId { get; init; }
    public required string AgentName { get; init; }
    public required string Question { get; init; }
    public required AgentRunState State { get; init; }
    public string? Answer { get; init; }

    /// <summary>Typed: <c>urn:intern-platform:agents:…</c>.</summary>
    public JobProblem? Problem { get; init; }

    /// <summary>In the order they were stored; <see cref="AgentStepView.Parent"/> makes the tree.</summary>
    public required IReadOnlyList<AgentStepView> Steps { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A step; stored before the next begins.</summary>
public sealed record AgentStepView
{
    public required int Number { get; init; }

    /// <summary>Number of the step that this one belongs to; null: the run itself.</summary>
    public int? Parent { get; init; }

    /// <summary><c>model</c>, <c>thought</c>, <c>tool-call</c>, <c>repair</c>, <c>answer</c>.</summary>
    public required string Kind { get; init; }
    public string? Text { get; init; }
    public string? Tool { get; init; }

    /// <summary>Arguments of a tool call.</summary>
    public string? ArgumentsJson { get; init; }

    /// <summary>What the tool returned.</summary>
    public string? Result { get; init; }

    /// <summary><c>ok</c>, <c>arguments-invalid</c>, <c>tool-failed</c>, <c>unknown-tool</c>, <c>running</c>; <c>failed</c>: the model could not be asked; <c>cancelled</c>.</summary>
    public required string Status { get; init; }
    public string? Problem { get; init; }
    public double? Milliseconds { get; init; }
    public int? PromptTokens { get; init; }
    public int? CompletionTokens { get; init; }
    public required DateTimeOffset At { get; init; }
}
