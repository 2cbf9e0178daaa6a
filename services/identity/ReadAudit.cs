using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>GET /api/identity/audit?limit=&amp;cursor=</c>: what was changed in the project, newest first.</summary>
internal static class ReadAudit
{
    private const int MaximumLimit = 200;

    public static void Map(IEndpointRouteBuilder identity) => identity.MapGet("/audit", HandleAsync).RequireScope(Scopes.Admin);

    private static async Task<Results<Ok<Page<AuditEntry>>, ProblemHttpResult>> HandleAsync(
        Caller caller, IdentityDb identity, CancellationToken cancellationToken, int limit = 50, string? cursor = null)
    {
        if (limit is < 1 or > MaximumLimit)
        {
            return Problems.BadField("limit", $"is 1 to {MaximumLimit}");
        }

        var after = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out after))
        {
            return Problems.BadField("cursor", "is not one that an earlier page gave");
        }

        var entries = identity.Audit.Where(entry => entry.ProjectId == caller.ProjectId);
        if (cursor is not null)
        {
            entries = entries.Where(entry => entry.Id < after);
        }

        var page = await entries.OrderByDescending(entry => entry.Id).Take(limit + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<AuditEntry>
        {
            Items = [.. page.Take(limit).Select(row => new AuditEntry { Id = row.Id, At = row.At, Who = row.Who, Action = row.Action, Target = row.Target })],
            NextCursor = page.Count > limit ? page[limit - 1].Id.ToString() : null,
        });
    }
}
