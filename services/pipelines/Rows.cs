using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Jobs;
using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines;

/// <summary>A run of a plan. The row is all there is to a run: any process can go on from it.</summary>
public sealed class PipelineRunRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Plan { get; init; }

    /// <summary>Unique in the project; also the name of the model and the deployment that the run makes.</summary>
    public required string Name { get; init; }

    /// <summary>The <see cref="StartPipeline"/> it began with.</summary>
    public required string InputJson { get; init; }
    public required string UserId { get; init; }
    public required string UserName { get; init; }

    /// <summary>Rights of the person who started it, separated by spaces.</summary>
    public required string Scopes { get; init; }
    public PipelineState State { get; set; } = PipelineState.Running;

    /// <summary>Someone asked to stop; the engine stops the running step first.</summary>
    public bool CancelRequested { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; set; }
    public string ResultsJson { get; set; } = "{}";

    /// <summary>Rises with every change: the id of the SSE event, and the version of the object.</summary>
    public long Sequence { get; set; }

    /// <summary>Concurrency token, set anew with every change.</summary>
    public Guid Version { get; set; }
    public List<StepRow> Steps { get; init; } = [];

    internal StartPipeline Input => JsonSerializer.Deserialize<StartPipeline>(InputJson, PlatformJson.Options)!;

    internal Originator Originator => new(UserId, UserName, ProjectId, Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    internal IEnumerable<StepRow> Ordered => Steps.OrderBy(step => step.Position);

    internal RunFacts Facts(DateTimeOffset now) => new(
        Name, Input,
        Steps.Where(step => step.State == StepState.Succeeded).ToDictionary(step => step.Name, step => JsonElement.Parse(step.ResultJson!)),
        now - CreatedAt)
    {
        Started = Steps.Where(step => step is { State: StepState.Succeeded, StartedId: not null }).ToDictionary(step => step.Name, step => step.StartedId!.Value),
        Rounds = Steps.Where(step => step.Round > 0).ToDictionary(step => step.Name, step => step.Round),
    };
}

/// <summary>One step of a run.</summary>
public sealed class StepRow
{
    public required Guid Id { get; init; }
    public required Guid RunId { get; init; }
    public required int Position { get; init; }
    public required string Name { get; init; }
    public required string Service { get; init; }
    public StepState State { get; set; } = StepState.Waiting;

    /// <summary>One more with each retry, so that a retry is not answered with the failure it repeats.</summary>
    public int Attempt { get; set; } = 1;

    /// <summary>How often a gate has sent the run back over this step.</summary>
    public int Round { get; set; }

    /// <summary>What the post started: a job, or a deployment.</summary>
    public Guid? StartedId { get; set; }
    public string? ProgressJson { get; set; }
    public string? ProblemJson { get; set; }
    public string? ResultJson { get; set; }
    public string? Summary { get; set; }
    public string? Path { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Since when its service has not answered.</summary>
    public DateTimeOffset? AwaySince { get; set; }

    internal string IdempotencyKey => $"{RunId:N}:{Name}:{Attempt}";

    internal JobProblem? Problem
    {
        get => ProblemJson is null ? null : JsonSerializer.Deserialize<JobProblem>(ProblemJson, PlatformJson.Options);
        set => ProblemJson = value is null ? null : JsonSerializer.Serialize(value, PlatformJson.Options);
    }

    internal JobProgress? Progress
    {
        get => ProgressJson is null ? null : JsonSerializer.Deserialize<JobProgress>(ProgressJson, PlatformJson.Options);
        set => ProgressJson = value is null ? null : JsonSerializer.Serialize(value, PlatformJson.Options);
    }
}
