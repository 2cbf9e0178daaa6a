using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A step: one post to one service, then reads of what it started until that is over.</summary>
internal sealed record PlanStep
{
    public required string Name { get; init; }
    public required string Service { get; init; }

    /// <summary>Where to post, from the service's root.</summary>
    public required string PostPath { get; init; }

    /// <summary>What to post. The same facts give the same body: after a crash it is posted again under the same key.</summary>
    public required Func<RunFacts, object> Body { get; init; }

    /// <summary>Where the thing that was started is read; null where the answer to the post is already all.</summary>
    public Func<Guid, string>? StatePath { get; init; }

    /// <summary>What stops it.</summary>
    public Func<Guid, StepCancel>? Cancel { get; init; }

    /// <summary>Whether what a failed attempt left behind has to go before the next: it holds the name.</summary>
    public bool ClearBeforeRetry { get; init; }

    /// <summary>What an answer says about the step.</summary>
    public required Func<JsonElement, RunFacts, StepReading> Read { get; init; }

    /// <summary>How a finished step is shown.</summary>
    public required Func<JsonElement, StepOutcome> Show { get; init; }

    /// <summary>A reason not to begin; null lets the step begin.</summary>
    public Func<RunFacts, JobProblem?> Gate { get; init; } = _ => null;
}

internal sealed record StepCancel(HttpMethod Method, string Path);

/// <summary>Where a step stands: <see cref="Result"/> with Succeeded, <see cref="Problem"/> with Failed.</summary>
internal sealed record StepReading(StepState State)
{
    public JobProgress? Progress { get; init; }
    public JobProblem? Problem { get; init; }
    public JsonElement? Result { get; init; }
}

/// <summary>One line of figures, and the portal's page of what was made.</summary>
internal sealed record StepOutcome(string Summary, string? Path);
