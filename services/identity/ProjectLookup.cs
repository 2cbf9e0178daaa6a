using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary>The one place where a caller's projects are found: what they are no member of does not exist for them.</summary>
internal static class ProjectLookup
{
    public const string DefaultProject = "default";

    public static Guid Id(this Caller caller) => Guid.Parse(caller.UserId);

    public static async Task<(ProjectRow Project, MemberRow Member)?> FindProjectAsync(
        this IdentityDb identity, Guid userId, string nameOrId, CancellationToken cancellationToken)
    {
        var projects = Guid.TryParse(nameOrId, out var id)
            ? identity.Projects.Where(project => project.Id == id)
            : identity.Projects.Where(project => project.Name == nameOrId);
        var found = await projects
            .Join(identity.Members.Where(member => member.UserId == userId), project => project.Id, member => member.ProjectId, (project, member) => new { project, member })
            .FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.project, found.member);
    }

    /// <summary>The project a cookie caller names, or <c>default</c>, or the first one they belong to.</summary>
    public static async Task<(ProjectRow Project, MemberRow Member)?> ChooseProjectAsync(
        this IdentityDb identity, Guid userId, string? named, CancellationToken cancellationToken)
    {
        if (named is not null || await identity.FindProjectAsync(userId, DefaultProject, cancellationToken) is not { } chosen)
        {
            return named is not null ? await identity.FindProjectAsync(userId, named, cancellationToken) : await FirstAsync();
        }

        return chosen;

        async Task<(ProjectRow, MemberRow)?> FirstAsync()
        {
            var first = await identity.Members.Where(member => member.UserId == userId).OrderBy(member => member.ProjectId).FirstOrDefaultAsync(cancellationToken);
            return first is null ? null : (await identity.Projects.SingleAsync(project => project.Id == first.ProjectId, cancellationToken), first);
        }
    }
}
