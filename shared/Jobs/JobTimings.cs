namespace InternPlatform.Jobs;

/// <summary>How long things may take before somebody acts. Tests shorten them.</summary>
internal sealed record JobTimings
{
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a supervisor renews a lease, looks at the row of a running job and writes its progress.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A child that says nothing for so long, not even "alive", is taken for lost.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between asking a child to cancel and killing it.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same when the host stops; within the host's own limit.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often the queue is looked at without being asked to.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An assertion lives 60 seconds.</summary>
    public TimeSpan Assertion { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Losses in a row, without getting any further, after which a job fails.</summary>
    public int MaximumLosses { get; init; } = 5;

    public TimeSpan KeepWorkOfSucceeded { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Somebody may want to look into it.</summary>
    public TimeSpan KeepWorkOfOthers { get; init; } = TimeSpan.FromDays(7);
}
