using System.Text.Json;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Agents;

/// <summary>An agent, as it was made: it never changes, so a run always means the same.</summary>
public sealed class AgentRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }

    /// <summary>Unique in the project.</summary>
    public required string Name { get; init; }

    /// <summary>Its definition as an artefact, for the lineage.</summary>
    public required string ArtifactId { get; init; }
    public required string Model { get; init; }
    public required string ModelArtifactId { get; init; }
    public required string Strategy { get; init; }
    public string? Instructions { get; init; }

    /// <summary>A JSON list of names.</summary>
    public required string ToolsJson { get; init; }
    public string? DatasetArtifactId { get; init; }
    public required int MaxSteps { get; init; }
    public required int MaxRepairs { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    internal IReadOnlyList<string> Tools => JsonSerializer.Deserialize<string[]>(ToolsJson, PlatformJson.Options)!;
}

/// <summary>One question to an agent. The row and its steps are all there is to a run: any process can go on from them.</summary>
public sealed class AgentRunRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required Guid AgentId { get; init; }
    public AgentRow Agent { get; init; } = null!;
    public required string Question { get; init; }
    public required int Seed { get; init; }
    public required string UserId { get; init; }
    public required string UserName { get; init; }

    /// <summary>Rights of the person who asked, separated by spaces.</summary>
    public required string Scopes { get; init; }
    public AgentRunState State { get; set; } = AgentRunState.Running;

    /// <summary>Someone asked to stop; the engine ends the run before its next step.</summary>
    public bool CancelRequested { get; set; }
    public string? Answer { get; set; }
    public string? ProblemJson { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Rises with every change: the ids of the SSE events, and the version of the object.</summary>
    public long Sequence { get; set; }

    /// <summary>Concurrency token, set anew with every change.</summary>
    public Guid Version { get; set; }
    public List<AgentStepRow> Steps { get; init; } = [];

    internal Originator Originator => new(UserId, UserName, ProjectId, Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    internal JobProblem? Problem
    {
        get => ProblemJson is null ? null : JsonSerializer.Deserialize<JobProblem>(ProblemJson, PlatformJson.Options);
        set => ProblemJson = value is null ? null : JsonSerializer.Serialize(value, PlatformJson.Options);
    }
}

/// <summary>One step of a run, stored as <c>running</c> before it is done, and again with what came of it.</summary>
public sealed class AgentStepRow : IProjectOwned
{
    public required Guid RunId { get; init; }

    /// <summary>From 1, in the order of storing.</summary>
    public required int Number { get; init; }
    public required Guid ProjectId { get; init; }
    public int? Parent { get; init; }
    public required string Kind { get; init; }
    public required string Status { get; set; }
    public string? Text { get; set; }
    public string? Tool { get; init; }
    public string? ArgumentsJson { get; init; }
    public string? Result { get; set; }
    public string? Problem { get; set; }

    /// <summary>Of a model step: the whole answer, from which the next steps follow.</summary>
    public string? ReplyJson { get; set; }
    public double? Milliseconds { get; set; }
    public int? PromptTokens { get; set; }
    public int? CompletionTokens { get; set; }
    public required DateTimeOffset At { get; init; }

    /// <summary>The run's sequence at this step's last change.</summary>
    public long Sequence { get; set; }

    internal ModelReply? Reply
    {
        get => ReplyJson is null ? null : JsonSerializer.Deserialize<ModelReply>(ReplyJson, PlatformJson.Options);
        set => ReplyJson = value is null ? null : JsonSerializer.Serialize(value, PlatformJson.Options);
    }
}

/// <summary>What a model answered: words, or calls.</summary>
internal sealed record ModelReply
{
    public string? Content { get; init; }
    public IReadOnlyList<ReplyCall> Calls { get; init; } = [];
    public string? FinishReason { get; init; }
    public int? PromptTokens { get; init; }
    public int? CompletionTokens { get; init; }
}

internal sealed record ReplyCall(string Id, string Name, string ArgumentsJson);

/// <summary>Kinds of steps.</summary>
internal static class StepKind
{
    public const string Model = "model";
    public const string Thought = "thought";
    public const string ToolCall = "tool-call";
    public const string Repair = "repair";
    public const string Answer = "answer";
}

/// <summary>What came of a step.</summary>
internal static class StepStatus
{
    public const string Ok = "ok";
    public const string Running = "running";
    public const string ArgumentsInvalid = "arguments-invalid";
    public const string ToolFailed = "tool-failed";
    public const string UnknownTool = "unknown-tool";

    /// <summary>The model could not be asked.</summary>
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";
}
