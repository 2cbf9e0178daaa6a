using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>/api/identity/users</c>: the people of the caller's project, new ones, and the links that sign them in.</summary>
internal static class Users
{
    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapGet("/users", ListAsync).RequireScope(Scopes.Admin);
        identity.MapPost("/users", CreateAsync).RequireScope(Scopes.Admin);
        identity.MapPost("/users/{userId:guid}/links", LinkAsync).RequireScope(Scopes.Admin);
    }

    private static IQueryable<UserRow> Visible(IdentityDb identity, Caller caller) => identity.Users.Where(
        user => identity.Members.Any(member => member.ProjectId == caller.ProjectId && member.UserId == user.Id));

    private static async Task<Ok<Page<UserView>>> ListAsync(Caller caller, IdentityDb identity, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<UserView>
        {
            Items = await Visible(identity, caller)
                .OrderBy(user => user.Name)
                .Select(user => new UserView { Id = user.Id, Name = user.Name, CreatedAt = user.CreatedAt })
                .ToListAsync(cancellationToken),
        });

    private static async Task<Results<Created<UserView>, ProblemHttpResult>> CreateAsync(
        CreateUser request, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Names.Fault(request.Name) is { } fault)
        {
            return Problems.BadField("name", fault);
        }

        if (!Roles.IsRole(request.Role))
        {
            return Problems.BadField("role", "is viewer, member or owner");
        }

        if (await identity.Users.AnyAsync(user => user.Name == request.Name, cancellationToken))
        {
            return Problems.NameTaken(request.Name);
        }

        var row = new UserRow(Guid.CreateVersion7(time.GetUtcNow()), request.Name, time.GetUtcNow());
        identity.Users.Add(row);
        identity.Members.Add(new MemberRow { ProjectId = caller.ProjectId, UserId = row.Id, Role = request.Role });
        identity.Record(caller, time, "user.create", $"{row.Name} as {request.Role}");
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/identity/users/{row.Id}", new UserView { Id = row.Id, Name = row.Name, CreatedAt = row.CreatedAt });
    }

    private static async Task<Results<Ok<SignInLink>, ProblemHttpResult>> LinkAsync(
        Guid userId, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await Visible(identity, caller).FirstOrDefaultAsync(user => user.Id == userId, cancellationToken) is not { } user
            || await ReachesFurtherAsync(identity, user, caller, cancellationToken))
        {
            return Problems.UserUnknown();
        }

        var (token, row) = OneTimeTokens.New(user.Id, time);
        identity.OneTimeTokens.Add(row);
        identity.Record(caller, time, "user.link", user.Name);
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new SignInLink { Token = token, ExpiresAt = row.ExpiresAt });
    }

    /// <summary>Whoever has a link becomes that user: an owner of one project must not reach another project by it.</summary>
    private static Task<bool> ReachesFurtherAsync(IdentityDb identity, UserRow user, Caller caller, CancellationToken cancellationToken)
    {
        var callerId = caller.Id();
        return identity.Members.AnyAsync(
            theirs => theirs.UserId == user.Id
                && !identity.Members.Any(mine => mine.UserId == callerId && mine.ProjectId == theirs.ProjectId && mine.Role == Roles.Owner),
            cancellationToken);
    }
}
