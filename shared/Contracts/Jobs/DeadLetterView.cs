namespace InternPlatform.Contracts.Jobs;

/// <summary>A message that a consumer of a service could not handle.</summary>
public sealed record DeadLetterView
{
    public required Guid Id { get; init; }
    public required string Service { get; init; }
    public required string Queue { get; init; }
    public required Guid MessageId { get; init; }

    /// <summary>What the message says it is, such as <c>urn:message:InternPlatform.Contracts.Jobs:JobChanged</c>.</summary>
    public string? MessageType { get; init; }

    /// <summary>How often its consumer had it.</summary>
    public required int Tries { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset FirstAt { get; init; }
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>When it is delivered again. Null: when somebody asks for it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>False for one that was too large to keep.</summary>
    public required bool CanReplay { get; init; }
}

/// <summary>How many messages a call put back into their queues.</summary>
public sealed record Replayed
{
    public required int Count { get; init; }
}
