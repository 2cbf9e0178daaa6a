using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace InternPlatform.Gateway.Edge;

/// <summary>How often one caller may call, and one address try to sign in.</summary>
internal sealed class EdgeLimits(IOptions<EdgeOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<string> calls = PerMinute(options.Value.CallsPerMinute);
    private readonly PartitionedRateLimiter<string> attempts = PerMinute(options.Value.SignInsPerMinute);

    /// <returns>How long to wait, or null: the call is within the limit.</returns>
    public TimeSpan? TryCall(SignedIn caller) => Try(
        calls, caller.Claim.ApiKey ?? $"{caller.Originator.UserId} {caller.Originator.ProjectId}");

    public TimeSpan? TryAttempt(HttpContext context) => Try(attempts, context.Connection.RemoteIpAddress?.ToString() ?? "");

    public void Dispose()
    {
        calls.Dispose();
        attempts.Dispose();
    }

    private static TimeSpan? Try(PartitionedRateLimiter<string> limiter, string who)
    {
        using var lease = limiter.AttemptAcquire(who);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
    }

    /// <summary>A bucket that holds a minute's worth and fills evenly.</summary>
    private static PartitionedRateLimiter<string> PerMinute(int limit) => PartitionedRateLimiter.Create<string, string>(
        who => RateLimitPartition.GetTokenBucketLimiter(who, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = limit,
            TokensPerPeriod = Math.Max(1, limit / 60),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1.0, 60.0 / limit)),
            QueueLimit = 0,
            AutoReplenishment = true,
        }));
}
