using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace InternPlatform.Jobs;

/// <summary>
/// When the loops of one service last came round. One that has not for long hangs in something, a call that never ends, say, and its process is not ready
/// though it answers. A database or bus that is away does not count: the loop comes round and tries again.
/// </summary>
/// <typeparam name="TDb">Tells one service's loops from another's.</typeparam>
internal sealed class LoopProgress<TDb>(TimeProvider time) : IHealthCheck
{
    // A round may wait for a busy database as long as a command may take.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(60);
    private const int Intervals = 30;
    private readonly ConcurrentDictionary<string, (long At, TimeSpan Limit)> rounds = new();

    /// <summary>The loop begins a round, which with the wait after it takes about <paramref name="interval"/>.</summary>
    public void Round(string loop, TimeSpan interval) => rounds[loop] = (time.GetTimestamp(), interval * Intervals > Least ? interval * Intervals : Least);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stuck = rounds.Where(round => time.GetElapsedTime(round.Value.At) > round.Value.Limit)
            .Select(round => $"the {round.Key} has not come round for {time.GetElapsedTime(round.Value.At).TotalSeconds:F0} s").ToList();
        return Task.FromResult(stuck.Count == 0 ? HealthCheckResult.Healthy("Every loop comes round.") : HealthCheckResult.Unhealthy(string.Join("; ", stuck)));
    }
}
