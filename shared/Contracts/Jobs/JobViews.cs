using System.Text.Json;

namespace InternPlatform.Contracts.Jobs;

/// <summary>A job as every service shows it.</summary>
public sealed record JobView
{
    public required Guid Id { get; init; }
    public required string Service { get; init; }

    /// <summary>What the job does, such as <c>import</c> or <c>pretrain</c>.</summary>
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required JobState State { get; init; }

    /// <summary>Starts at 1; one more after each lost worker.</summary>
    public required int Attempt { get; init; }
    public JobProgress? Progress { get; init; }
    public JobProblem? Problem { get; init; }
    public required JsonElement Spec { get; init; }
    public JsonElement? Result { get; init; }
    public required string CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>How far a job is. Total is null where it is not known.</summary>
public sealed record JobProgress
{
    public required long Done { get; init; }
    public long? Total { get; init; }

    /// <summary>What is counted: rows, tokens, bytes.</summary>
    public required string Unit { get; init; }
    public double? RatePerSecond { get; init; }
    public double? EtaSeconds { get; init; }
}

/// <summary>Why a job failed, in the form of RFC 9457.</summary>
public sealed record JobProblem
{
    /// <summary><c>urn:intern-platform:&lt;service&gt;:&lt;problem&gt;</c>.</summary>
    public required string Type { get; init; }
    public required string Title { get; init; }

    /// <summary>What to do next.</summary>
    public string? Detail { get; init; }
}

/// <summary>One stored transition of a job.</summary>
public sealed record JobEventView
{
    public required long Sequence { get; init; }
    public required DateTimeOffset At { get; init; }
    public JobState? From { get; init; }
    public required JobState To { get; init; }

    /// <summary>A user id, or the worker that did it.</summary>
    public required string Who { get; init; }
    public string? Why { get; init; }
}

/// <summary>One value of one metric series.</summary>
public sealed record MetricPoint
{
    public required long Step { get; init; }
    public required double Value { get; init; }
}

/// <summary>A metric series, thinned by the server to the asked number of points (LTTB).</summary>
public sealed record MetricSeries
{
    public required string Name { get; init; }
    public required IReadOnlyList<MetricPoint> Points { get; init; }

    /// <summary>How many points are stored.</summary>
    public required long TotalPoints { get; init; }
}

/// <summary>One line a job wrote.</summary>
public sealed record JobLogLine
{
    public required long Sequence { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public required string Level { get; init; }
    public required string Message { get; init; }
}

/// <summary>Data of the SSE event <c>metric</c>.</summary>
public sealed record MetricEvent
{
    public required string Name { get; init; }
    public required long Step { get; init; }
    public required double Value { get; init; }
}
