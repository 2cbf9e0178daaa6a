using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>POST /api/identity/introspect</c>: the edge asks who a key or a session belongs to, and what they may do now.</summary>
internal static class IntrospectCaller
{
    private static readonly TimeSpan UseNotedEvery = TimeSpan.FromMinutes(1);

    public static void Map(IEndpointRouteBuilder identity) => identity.MapPost("/introspect", HandleAsync).RequireScope(Scopes.Edge).ExcludeFromDescription();

    private static Task<Results<Ok<CallerIdentity>, ProblemHttpResult>> HandleAsync(
        Introspect request, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken) => request switch
        {
            { ApiKey: { } key } => OfKeyAsync(key, identity, time, cancellationToken),
            { SessionId: { } session } => OfSessionAsync(session, request.Project, identity, time, cancellationToken),
            _ => Task.FromResult<Results<Ok<CallerIdentity>, ProblemHttpResult>>(Problems.BadField("apiKey", "or sessionId is required")),
        };

    private static async Task<Results<Ok<CallerIdentity>, ProblemHttpResult>> OfKeyAsync(
        string secret, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (secret.Length < Secrets.PrefixLength)
        {
            return Problems.NotSignedIn();
        }

        var (prefix, now) = (secret[..Secrets.PrefixLength], time.GetUtcNow());
        var candidates = await identity.ApiKeys.AsNoTracking().Where(key => key.Prefix == prefix).ToListAsync(cancellationToken);
        var row = candidates.FirstOrDefault(candidate => Secrets.Matches(candidate.Digest, secret));
        if (row is null || row.RevokedAt is not null || row.ExpiresAt <= now)
        {
            return Problems.NotSignedIn();
        }

        // A key never outlives or outranks the membership of the person who made it.
        var (userId, projectId) = (row.UserId, row.ProjectId);
        var member = await identity.Members.AsNoTracking().FirstOrDefaultAsync(candidate => candidate.ProjectId == projectId && candidate.UserId == userId, cancellationToken);
        if (member is null)
        {
            return Problems.NotSignedIn();
        }

        await NoteUseAsync(row, identity, now, cancellationToken);
        return TypedResults.Ok(await ViewAsync(identity, member, row.Scopes.Split(' ').Intersect(Roles.ScopesOf(member.Role)), cancellationToken));
    }

    private static async Task<Results<Ok<CallerIdentity>, ProblemHttpResult>> OfSessionAsync(
        Guid sessionId, string? project, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        var session = await identity.Sessions.AsNoTracking().FirstOrDefaultAsync(candidate => candidate.Id == sessionId, cancellationToken);
        if (session is null || session.EndedAt is not null || session.ExpiresAt <= time.GetUtcNow())
        {
            return Problems.NotSignedIn();
        }

        return await identity.ChooseProjectAsync(session.UserId, project, cancellationToken) is { } chosen
            ? TypedResults.Ok(await ViewAsync(identity, chosen.Member, Roles.ScopesOf(chosen.Member.Role), cancellationToken))
            : Problems.ProjectUnknown();
    }

    private static async Task NoteUseAsync(ApiKeyRow row, IdentityDb identity, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (row.LastUsedAt is null || now - row.LastUsedAt >= UseNotedEvery)
        {
            var id = row.Id;
            await identity.ApiKeys.Where(key => key.Id == id).ExecuteUpdateAsync(key => key.SetProperty(value => value.LastUsedAt, now), cancellationToken);
        }
    }

    private static async Task<CallerIdentity> ViewAsync(IdentityDb identity, MemberRow member, IEnumerable<string> scopes, CancellationToken cancellationToken)
    {
        var userId = member.UserId;
        return new CallerIdentity
        {
            UserId = userId,
            UserName = await identity.Users.Where(user => user.Id == userId).Select(user => user.Name).SingleAsync(cancellationToken),
            ProjectId = member.ProjectId,
            Scopes = [.. scopes],
        };
    }
}
