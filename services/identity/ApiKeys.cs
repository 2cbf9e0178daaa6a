using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>/api/identity/keys</c>: the keys of the caller's project. Members see and revoke their own, owners all.</summary>
internal static class ApiKeys
{
    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapGet("/keys", ListAsync);
        identity.MapPost("/keys", CreateAsync);
        identity.MapDelete("/keys/{id:guid}", RevokeAsync);
    }

    private static IQueryable<ApiKeyRow> Visible(IdentityDb identity, Caller caller)
    {
        var (all, userId) = (caller.Has(Scopes.Admin), caller.Id());
        return identity.ApiKeys.Where(key => key.ProjectId == caller.ProjectId && (all || key.UserId == userId));
    }

    private static async Task<Ok<Page<ApiKeyView>>> ListAsync(Caller caller, IdentityDb identity, CancellationToken cancellationToken)
    {
        var rows = await Visible(identity, caller).OrderByDescending(key => key.CreatedAt).Take(1000).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<ApiKeyView> { Items = [.. rows.Select(View)] });
    }

    private static async Task<Results<Created<ApiKeyCreated>, ProblemHttpResult>> CreateAsync(
        CreateApiKey request, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        var scopes = request.Scopes ?? [.. Roles.KeyScopes.Where(caller.Has)];
        if (Fault(request, scopes, caller, time) is { } fault)
        {
            return fault;
        }

        var secret = Secrets.NewKey();
        var row = new ApiKeyRow
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            ProjectId = caller.ProjectId,
            UserId = caller.Id(),
            Name = request.Name,
            Prefix = secret[..Secrets.PrefixLength],
            Digest = Secrets.Digest(secret),
            Scopes = string.Join(' ', scopes.Distinct()),
            CreatedAt = time.GetUtcNow(),
            ExpiresAt = request.ExpiresAt?.ToUniversalTime(),
        };
        identity.ApiKeys.Add(row);
        identity.Record(caller, time, "key.create", $"{row.Name} {row.Prefix}…");
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/identity/keys/{row.Id}", new ApiKeyCreated { Key = View(row), Secret = secret });
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        Guid id, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await Visible(identity, caller).FirstOrDefaultAsync(key => key.Id == id, cancellationToken) is not { } row)
        {
            return Problems.KeyUnknown();
        }

        if (row.RevokedAt is null)
        {
            row.RevokedAt = time.GetUtcNow();
            identity.Record(caller, time, "key.revoke", $"{row.Name} {row.Prefix}…");
            await identity.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static ProblemHttpResult? Fault(CreateApiKey request, IReadOnlyList<string> scopes, Caller caller, TimeProvider time)
    {
        if (Names.Fault(request.Name) is { } fault)
        {
            return Problems.BadField("name", fault);
        }

        if (scopes.Count == 0 || scopes.Any(scope => !Roles.KeyScopes.Contains(scope) || !caller.Has(scope)))
        {
            return Problems.BadField("scopes", $"takes from: {string.Join(", ", Roles.KeyScopes.Where(caller.Has))}");
        }

        return request.ExpiresAt <= time.GetUtcNow() ? Problems.BadField("expiresAt", "must lie in the future") : null;
    }

    private static ApiKeyView View(ApiKeyRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Prefix = row.Prefix,
        Scopes = row.Scopes.Split(' '),
        CreatedAt = row.CreatedAt,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
        RevokedAt = row.RevokedAt,
    };
}
