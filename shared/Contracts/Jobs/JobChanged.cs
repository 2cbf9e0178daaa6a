namespace InternPlatform.Contracts.Jobs;

/// <summary>A job moved to another state. Published by the job's service; may repeat: job id and sequence name the transition.</summary>
public sealed record JobChanged
{
    public required string Service { get; init; }
    public required Guid JobId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Kind { get; init; }
    public required JobState State { get; init; }

    /// <summary>Number of the stored transition, rising within a job.</summary>
    public required long Sequence { get; init; }
}
