using System.Text.Json;
using System.Text.Json.Serialization;

namespace InternPlatform.Jobs;

/// <summary>The first line of the child's standard input: the whole job.</summary>
internal sealed record ChildDocument
{
    public required Guid JobId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Kind { get; init; }
    public required int Attempt { get; init; }

    /// <summary>Holds <c>metrics.jsonl</c>, <c>log.jsonl</c>, <c>worker.lock</c>.</summary>
    public required string JobFolder { get; init; }
    public required string WorkFolder { get; init; }

    /// <summary>Lock file to hold while the body runs.</summary>
    public string? DeviceLock { get; init; }

    /// <summary>The job's token: the originator's rights for 60 seconds, renewed while the child runs. The signing key stays with the supervisor.</summary>
    public required string Assertion { get; init; }
    public required JsonElement Spec { get; init; }

    /// <summary>The trace that the child continues.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Every later line of its standard input.</summary>
internal sealed record ChildCommand
{
    /// <summary><c>cancel</c>, <c>pause</c> or <c>assertion</c>.</summary>
    [JsonPropertyName("do")]
    public required string Do { get; init; }
    public string? Assertion { get; init; }
}

/// <summary>A line of the child's standard output.</summary>
internal sealed record ChildLine
{
    /// <summary><c>started</c>, <c>alive</c>, <c>progress</c>, <c>written</c> (metrics or log), <c>result</c>, <c>failed</c>, <c>paused</c>, <c>cancelled</c>.</summary>
    public required string Say { get; init; }
    public long? Done { get; init; }
    public long? Total { get; init; }
    public string? Unit { get; init; }
    public JsonElement? Result { get; init; }
    public string? Problem { get; init; }
    public string? Title { get; init; }
    public string? Detail { get; init; }
}
