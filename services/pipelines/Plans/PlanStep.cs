using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A step of a plan.</summary>
internal abstract record PlanStep
{
    public required string Name { get; init; }

    /// <summary>The service that does the work; <c>pipelines</c> for a gate.</summary>
    public required string Service { get; init; }

    /// <summary>Names of the steps that this one builds on, for the picture; null: the one before it.</summary>
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>One call to one service, then reads of what it started until that is over.</summary>
internal sealed record CallStep : PlanStep
{
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>What to call, from the service's root.</summary>
    public required Func<RunFacts, string> Path { get; init; }

    /// <summary>What to post; null: nothing. The same facts give the same body: after a crash it is posted again under the same key.</summary>
    public Func<RunFacts, object>? Body { get; init; }

    /// <summary>Where the thing that was started is read; null where the answer to the post is already all.</summary>
    public Func<Guid, string>? StatePath { get; init; }

    /// <summary>What stops it.</summary>
    public Func<Guid, StepCancel>? Cancel { get; init; }

    /// <summary>Whether what an earlier attempt left behind has to go before the next: it holds the name.</summary>
    public bool ClearBeforeRetry { get; init; }

    /// <summary>What an answer says about the step.</summary>
    public required Func<JsonElement, RunFacts, StepReading> Read { get; init; }

    /// <summary>How a finished step is shown.</summary>
    public required Func<JsonElement, StepOutcome> Show { get; init; }
}

/// <summary>A decision over what the steps before it found: on, back, or stop. It calls nobody.</summary>
internal sealed record GateStep : PlanStep
{
    public required Func<RunFacts, GateReading> Decide { get; init; }

    /// <summary>How often it may send the run back; then it stops the run.</summary>
    public int MaxRounds { get; init; } = 2;
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

/// <summary>What a gate found. Open: <see cref="Problem"/> is null.</summary>
internal sealed record GateReading(JsonElement Result, StepOutcome Outcome)
{
    /// <summary>Why it is closed, and what to do.</summary>
    public JobProblem? Problem { get; init; }

    /// <summary>Closed: the step to do again, which may see its <see cref="RunFacts.Round"/>; null: stop.</summary>
    public string? BackTo { get; init; }
}
