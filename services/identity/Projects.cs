using InternPlatform.Contracts;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Identity;

/// <summary><c>/api/identity/projects</c>: the caller's projects, and new ones.</summary>
internal static class Projects
{
    public static void Map(IEndpointRouteBuilder identity)
    {
        identity.MapGet("/projects", ListAsync);
        identity.MapPost("/projects", CreateAsync).RequireScope(Scopes.Admin);
    }

    public static async Task<IReadOnlyList<ProjectView>> OfAsync(IdentityDb identity, Guid userId, CancellationToken cancellationToken) =>
        await identity.Members
            .Where(member => member.UserId == userId)
            .Join(identity.Projects, member => member.ProjectId, project => project.Id, (member, project) => new ProjectView { Id = project.Id, Name = project.Name, Role = member.Role })
            .OrderBy(project => project.Name)
            .ToListAsync(cancellationToken);

    private static async Task<Ok<Page<ProjectView>>> ListAsync(Caller caller, IdentityDb identity, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<ProjectView> { Items = await OfAsync(identity, caller.Id(), cancellationToken) });

    private static async Task<Results<Created<ProjectView>, ProblemHttpResult>> CreateAsync(
        CreateProject request, Caller caller, IdentityDb identity, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Names.Fault(request.Name) is { } fault)
        {
            return Problems.BadField("name", fault);
        }

        if (await identity.Projects.AnyAsync(project => project.Name == request.Name, cancellationToken))
        {
            return Problems.NameTaken(request.Name);
        }

        var row = new ProjectRow(Guid.CreateVersion7(time.GetUtcNow()), request.Name, time.GetUtcNow());
        identity.Projects.Add(row);
        identity.Members.Add(new MemberRow { ProjectId = row.Id, UserId = caller.Id(), Role = Roles.Owner });
        identity.Record(caller, time, "project.create", row.Name);
        await identity.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/identity/projects/{row.Id}", new ProjectView { Id = row.Id, Name = row.Name, Role = Roles.Owner });
    }
}
