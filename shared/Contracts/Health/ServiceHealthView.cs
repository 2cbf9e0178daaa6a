namespace InternPlatform.Contracts.Health;

/// <summary><c>GET /api/{service}/health</c>: how a service is, for those who run it.</summary>
public sealed record ServiceHealthView
{
    public required string Service { get; init; }

    /// <summary><c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>: that of the worst check.</summary>
    public required string State { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required IReadOnlyList<HealthCheckView> Checks { get; init; }

    /// <summary>Messages that are committed and not yet published; null while the database does not answer.</summary>
    public long? OutboxRows { get; init; }

    /// <summary>How long the oldest of them has waited.</summary>
    public double? OutboxAgeSeconds { get; init; }

    /// <summary>How many jobs are in each state that any is in.</summary>
    public IReadOnlyDictionary<string, long>? Jobs { get; init; }
}

public sealed record HealthCheckView
{
    /// <summary><c>bus</c>, <c>database</c>, <c>store</c>, <c>disk</c>, <c>clock</c>, <c>outbox</c>, and what a service has of its own.</summary>
    public required string Name { get; init; }

    /// <summary>As of the service.</summary>
    public required string State { get; init; }

    /// <summary>What was found, in plain words.</summary>
    public required string Message { get; init; }
}
