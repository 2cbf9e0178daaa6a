namespace InternPlatform.Jobs.DeadLetters;

/// <summary>A message that a consumer of this service could not handle: it waits to be delivered again, or for a person.</summary>
public sealed class DeadLetterRow
{
    public required Guid Id { get; init; }
    public required string Queue { get; init; }

    /// <summary>The sender's, or made of the body where the sender gave none. With the queue it is the row's key, so that a message is kept once.</summary>
    public required Guid MessageId { get; init; }

    /// <summary>What the message says it is. Never used to load a type.</summary>
    public string? MessageType { get; init; }
    public required string ContentType { get; init; }

    /// <summary>As it came, byte for byte; empty where it was too large to keep.</summary>
    public required byte[] Body { get; init; }
    public required int Size { get; init; }
    public required DateTimeOffset FirstAt { get; init; }
    public DateTimeOffset LastAt { get; set; }

    /// <summary>How often it was given to its consumer, retries in memory included.</summary>
    public int Tries { get; set; }
    public required string Reason { get; set; }

    /// <summary>When it is delivered again. Null: not by itself.</summary>
    public DateTimeOffset? DueAt { get; set; }

    /// <summary>Concurrency token: a message that fails again while its redelivery is noted is not forgotten.</summary>
    public Guid Version { get; set; } = Guid.CreateVersion7();
}
