using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Contracts.Pipelines;

/// <summary>Body of <c>POST /api/pipelines/runs</c>.</summary>
public sealed record StartPipeline
{
    /// <summary><c>tour</c>: from text to agent. <c>application</c>: from a model to an application, as <see cref="Application"/> says.</summary>
    public required string Plan { get; init; }

    /// <summary>The user's own file, uploaded to catalog; null: the built-in sample alone.</summary>
    public Guid? UploadId { get; init; }
    public int Seed { get; init; } = 1;

    /// <summary>Training tokens; null: the plan's own budget.</summary>
    public long? TokenBudget { get; init; }

    /// <summary>Thresholds of gates by the step's name, in place of the plan's own.</summary>
    public IReadOnlyDictionary<string, double>? Thresholds { get; init; }

    /// <summary>The decisions of the plan <c>application</c>.</summary>
    public ApplicationPlan? Application { get; init; }
}

/// <summary>
/// From a model to an application: choose the base by evaluation; tune it where the scenario is complex, with all weights where there is compute and
/// with an adapter where there is not; build an agent where it must act; evaluate in the scenario, and go back while it is not good enough; deploy.
/// </summary>
public sealed record ApplicationPlan
{
    /// <summary>Artefacts of the models to choose from.</summary>
    public required IReadOnlyList<string> CandidateArtifactIds { get; init; }

    /// <summary>A benchmark of the evaluation service, and the artefact of its questions: the scenario.</summary>
    public string Benchmark { get; init; } = "intern-sample";
    public required string QuestionsArtifactId { get; init; }

    /// <summary>At most so many questions; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Whether the scenario needs tuning.</summary>
    public bool IsComplex { get; init; }

    /// <summary>Whether all weights may be tuned; else an adapter is.</summary>
    public bool HasCompute { get; init; }

    /// <summary>Artefacts of dialogues to tune on; needed where the scenario is complex.</summary>
    public IReadOnlyList<string> TuningArtifactIds { get; init; } = [];

    /// <summary>Whether the model has to act in an environment.</summary>
    public bool MustAct { get; init; }

    /// <summary>Tools of the agent.</summary>
    public IReadOnlyList<string> Tools { get; init; } = ["calculator"];

    /// <summary>What the agent is asked once it stands; null: nothing.</summary>
    public string? AgentQuestion { get; init; }

    /// <summary>Bits of the deployed weights, 4 or 8; null: as they are.</summary>
    public int? Bits { get; init; }

    /// <summary>The average score, between 0 and 1, from which on the application is good enough.</summary>
    public double GoodEnough { get; init; } = 0.5;
}

/// <summary>Answer of <c>POST /api/pipelines/preview</c>: the steps that a run would take.</summary>
public sealed record PlanView
{
    public required string Plan { get; init; }
    public required IReadOnlyList<PlanStepView> Steps { get; init; }
}

public sealed record PlanStepView
{
    public required string Name { get; init; }
    public required string Service { get; init; }
    public required bool IsGate { get; init; }

    /// <summary>Names of the steps it builds on.</summary>
    public required IReadOnlyList<string> After { get; init; }
}

public enum PipelineState
{
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

public enum StepState
{
    Waiting,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

public sealed record PipelineRunView
{
    public required Guid Id { get; init; }
    public required string Plan { get; init; }
    public required string Name { get; init; }
    public required PipelineState State { get; init; }
    public required IReadOnlyList<PipelineStepView> Steps { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What the plan ends with; for the tour: <c>val_ppl</c>, <c>bigram_ppl</c>, <c>base_acc</c>, <c>tuned_acc</c>, <c>tool_exact</c>, <c>int4_ppl_ratio</c>, <c>agent</c>, <c>question</c>, <c>answer</c>, <c>seconds</c>.</summary>
    public required IReadOnlyDictionary<string, string> Results { get; init; }
}

public sealed record PipelineStepView
{
    /// <summary>Stable id within the plan, such as <c>pretrain</c>.</summary>
    public required string Name { get; init; }
    public required string Service { get; init; }

    /// <summary>Names of the steps it builds on.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Whether it decides instead of working.</summary>
    public bool IsGate { get; init; }

    /// <summary>How often a gate has sent the run back over it.</summary>
    public int Round { get; init; }
    public required StepState State { get; init; }
    public Guid? JobId { get; init; }
    public JobProgress? Progress { get; init; }
    public JobProblem? Problem { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Path of what it made, in the portal.</summary>
    public string? Path { get; init; }

    /// <summary>One line of figures, such as <c>val_ppl=2.1</c>.</summary>
    public string? Summary { get; init; }
}
