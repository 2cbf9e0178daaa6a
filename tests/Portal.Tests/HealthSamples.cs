using InternPlatform.Contracts.Health;

namespace InternPlatform.Portal.Tests;

/// <summary>Services that are well, and one that is not.</summary>
public static class HealthSamples
{
    public static ServiceHealthView Well { get; } = new()
    {
        Service = "identity",
        State = "healthy",
        Version = "1.0.0+0123abcd",
        StartedAt = Samples.Now.AddHours(-3),
        Checks =
        [
            new() { Name = "bus", State = "healthy", Message = "Connected to broker:5672." },
            new() { Name = "database", State = "healthy", Message = "The database identity on db:5432 answers in 2 ms." },
        ],
        OutboxRows = 0,
        OutboxAgeSeconds = 0,
        Jobs = new Dictionary<string, long>(),
    };

    public static ServiceHealthView Impaired { get; } = Well with
    {
        Service = "catalog",
        State = "degraded",
        OutboxRows = 1_240,
        OutboxAgeSeconds = 95,
        Jobs = new Dictionary<string, long> { ["running"] = 2, ["failed"] = 1 },
        Checks =
        [
            new() { Name = "outbox", State = "degraded", Message = "1240 messages wait, the oldest for 95 s." },
            new() { Name = "jobs", State = "healthy", Message = "A check without a word of the portal's." },
        ],
    };
}
