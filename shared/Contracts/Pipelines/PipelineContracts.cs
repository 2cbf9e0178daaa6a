using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Contracts.Pipelines;

/// <summary>Body of <c>POST /api/pipelines/runs</c>.</summary>
public sealed record StartPipeline
{
    /// <summary><c>tour</c>: text to answering model.</summary>
    public required string Plan { get; init; }

    /// <summary>The user's own file, uploaded to catalog; null: the built-in sample alone.</summary>
    public Guid? UploadId { get; init; }
    public int Seed { get; init; } = 1;

    /// <summary>Training tokens; null: the plan's own budget.</summary>
    public long? TokenBudget { get; init; }
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

    /// <summary>What the plan ends with; for the tour: <c>answer</c>, <c>question</c>, <c>val_ppl</c>, <c>unigram_ppl</c>, <c>seconds</c>.</summary>
    public required IReadOnlyDictionary<string, string> Results { get; init; }
}

public sealed record PipelineStepView
{
    /// <summary>Stable id: <c>import-sample</c>, <c>import-text</c>, <c>tokenizer</c>, <c>tokenize</c>, <c>pretrain</c>, <c>deploy</c>, <c>answer</c>.</summary>
    public required string Name { get; init; }
    public required string Service { get; init; }
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
