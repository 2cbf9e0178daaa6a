using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>/api/identity/sessions</c>: the edge exchanges a one-time token for a session, and ends one.</summary>
internal static class Sessions
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapPost("/sessions", StartAsync).RequireScope(Scopes.Edge).ExcludeFromDescription();
        identity.MapDelete("/sessions/{id:guid}", EndAsync).RequireScope(Scopes.Edge).ExcludeFromDescription();
    }

    private static async Task<Results<Ok<SessionView>, ProblemHttpResult>> StartAsync(
        ExchangeToken request, IdentityDb identity, SignInFiles files, TimeProvider time, CancellationToken cancellationToken)
    {
        var (digest, now) = (Secrets.Digest(request.Token), time.GetUtcNow());
        // One statement, so that of two that come together one wins.
        var spent = await identity.OneTimeTokens
            .Where(token => token.Digest == digest && token.UsedAt == null && token.ExpiresAt > now)
            .ExecuteUpdateAsync(token => token.SetProperty(row => row.UsedAt, now), cancellationToken);
        if (spent == 0)
        {
            return Problems.TokenSpent();
        }

        files.Forget(request.Token);
        var userId = await identity.OneTimeTokens.Where(token => token.Digest == digest).Select(token => token.UserId).SingleAsync(cancellationToken);
        var user = await identity.Users.SingleAsync(candidate => candidate.Id == userId, cancellationToken);
        var session = new SessionRow { Id = Guid.NewGuid(), UserId = user.Id, CreatedAt = now, ExpiresAt = now + Lifetime };
        identity.Sessions.Add(session);
        identity.Audit.Add(new AuditRow(Guid.CreateVersion7(now), now, null, user.Name, "session.start", null));
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new SessionView { SessionId = session.Id, UserName = user.Name, ExpiresAt = session.ExpiresAt });
    }

    private static async Task<NoContent> EndAsync(Guid id, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await identity.Sessions.FirstOrDefaultAsync(session => session.Id == id && session.EndedAt == null, cancellationToken) is { } open)
        {
            var userId = open.UserId;
            open.EndedAt = time.GetUtcNow();
            var name = await identity.Users.Where(user => user.Id == userId).Select(user => user.Name).SingleAsync(cancellationToken);
            identity.Audit.Add(new AuditRow(Guid.CreateVersion7(time.GetUtcNow()), time.GetUtcNow(), null, name, "session.end", null));
            await identity.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
