using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>/api/identity/projects/{project}/members</c>: who may do what in a project. Only its owners change that.</summary>
internal static class Members
{
    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapGet("/projects/{project}/members", ListAsync);
        identity.MapPut("/projects/{project}/members/{userId:guid}", SetAsync).RequireScope(Scopes.Admin);
        identity.MapDelete("/projects/{project}/members/{userId:guid}", RemoveAsync).RequireScope(Scopes.Admin);
    }

    private static async Task<Results<Ok<Page<MemberView>>, ProblemHttpResult>> ListAsync(
        string project, Caller caller, IdentityDb identity, CancellationToken cancellationToken)
    {
        if (await identity.FindProjectAsync(caller.Id(), project, cancellationToken) is not { } found)
        {
            return Problems.ProjectUnknown();
        }

        var members = await identity.Members
            .Where(member => member.ProjectId == found.Project.Id)
            .Join(identity.Users, member => member.UserId, user => user.Id, (member, user) => new MemberView { UserId = user.Id, UserName = user.Name, Role = member.Role })
            .OrderBy(member => member.UserName)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<MemberView> { Items = members });
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> SetAsync(
        string project, Guid userId, SetMember request, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Roles.IsRole(request.Role))
        {
            return Problems.BadField("role", "is viewer, member or owner");
        }

        if (await OwnedAsync(identity, caller, project, cancellationToken) is not { } owned)
        {
            return Problems.ProjectUnknown();
        }

        if (await identity.Users.FindAsync([userId], cancellationToken) is not { } user)
        {
            return Problems.UserUnknown();
        }

        var member = await identity.Members.FindAsync([owned.Id, userId], cancellationToken);
        if (member is { Role: Roles.Owner } && request.Role != Roles.Owner && await IsLastOwnerAsync(identity, owned.Id, cancellationToken))
        {
            return Problems.LastOwner();
        }

        if (member is null)
        {
            identity.Members.Add(new MemberRow { ProjectId = owned.Id, UserId = userId, Role = request.Role });
        }
        else
        {
            member.Role = request.Role;
        }

        identity.Record(caller, time, "member.set", $"{owned.Name}: {user.Name} is {request.Role}");
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string project, Guid userId, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await OwnedAsync(identity, caller, project, cancellationToken) is not { } owned)
        {
            return Problems.ProjectUnknown();
        }

        if (await identity.Members.FindAsync([owned.Id, userId], cancellationToken) is not { } member)
        {
            return Problems.UserUnknown();
        }

        if (member.Role == Roles.Owner && await IsLastOwnerAsync(identity, owned.Id, cancellationToken))
        {
            return Problems.LastOwner();
        }

        identity.Members.Remove(member);
        identity.Record(caller, time, "member.remove", $"{owned.Name}: {userId}");
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>The scope says that the caller owns the project they came with; here it may be another one.</summary>
    private static async Task<ProjectRow?> OwnedAsync(IdentityDb identity, Caller caller, string project, CancellationToken cancellationToken) =>
        await identity.FindProjectAsync(caller.Id(), project, cancellationToken) is { Member.Role: Roles.Owner } found ? found.Project : null;

    private static async Task<bool> IsLastOwnerAsync(IdentityDb identity, Guid projectId, CancellationToken cancellationToken) =>
        await identity.Members.CountAsync(member => member.ProjectId == projectId && member.Role == Roles.Owner, cancellationToken) == 1;
}
