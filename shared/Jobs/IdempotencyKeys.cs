using System.Security.Cryptography;
using System.Text.Json;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary>A request that carries an <c>Idempotency-Key</c>: per caller and route, kept for 24 hours.</summary>
/// <param name="ProjectId">The caller's.</param>
/// <param name="UserId">The caller's.</param>
/// <param name="Route">Such as <c>POST /jobs</c>.</param>
/// <param name="Key">The header's value.</param>
/// <param name="BodyHash">Digest of the body: the key with another body is a conflict.</param>
public sealed record IdempotentRequest(Guid ProjectId, string UserId, string Route, string Key, string BodyHash)
{
    public static IdempotentRequest Of<T>(Caller caller, string route, string key, T body)
        => new(caller.ProjectId, caller.UserId, route, key, Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, PlatformJson.Options))));
}

/// <summary>Remembers what a request made, in the transaction that makes it.</summary>
public static class IdempotencyKeys
{
    public const string Header = "Idempotency-Key";
    private const int LongestKey = 200;

    internal static TimeSpan Lifetime { get; } = TimeSpan.FromHours(24);

    public static bool IsUsable(string key) => key.Length is > 0 and <= LongestKey && key.All(c => c is > ' ' and < '\u007f');

    /// <summary>What an earlier request with this key made, and whether its body was the same; null where there was none.</summary>
    public static async Task<(Guid ResourceId, bool SameBody)?> FindAnswerAsync<TDb>(this TDb db, IdempotentRequest request, TimeProvider time, CancellationToken cancellationToken)
        where TDb : DbContext, IJobsDb
    {
        var oldest = time.GetUtcNow() - Lifetime;
        var row = await Rows(db, request).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        if (row is not null && row.CreatedAt < oldest)
        {
            await Rows(db, request).ExecuteDeleteAsync(cancellationToken);
            row = null;
        }

        return row is null ? null : (row.ResourceId, row.BodyHash == request.BodyHash);
    }

    /// <summary>
    /// Adds the answer to the context. If two requests with one key race, the SaveChanges of the second throws <see cref="DbUpdateException"/>: clear the change
    /// tracker and ask <see cref="FindAnswerAsync"/> again.
    /// </summary>
    public static void RememberAnswer<TDb>(this TDb db, IdempotentRequest request, Guid resourceId, TimeProvider time)
        where TDb : DbContext, IJobsDb => db.Idempotency.Add(new IdempotencyRow
        {
            ProjectId = request.ProjectId,
            UserId = request.UserId,
            Route = request.Route,
            Key = request.Key,
            BodyHash = request.BodyHash,
            ResourceId = resourceId,
            CreatedAt = time.GetUtcNow(),
        });

    private static IQueryable<IdempotencyRow> Rows<TDb>(TDb db, IdempotentRequest request)
        where TDb : DbContext, IJobsDb
        => db.Idempotency.Where(row => row.ProjectId == request.ProjectId && row.UserId == request.UserId && row.Route == request.Route && row.Key == request.Key);
}
