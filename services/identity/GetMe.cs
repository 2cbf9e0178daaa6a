using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Identity;

/// <summary><c>GET /api/identity/me</c>: who the caller is, and where.</summary>
internal static class GetMe
{
    public static void Map(IEndpointRouteBuilder identity) => identity.MapGet("/me", HandleAsync);

    private static async Task<Results<Ok<MeView>, ProblemHttpResult>> HandleAsync(Caller caller, IdentityDb identity, CancellationToken cancellationToken)
    {
        var projects = await Projects.OfAsync(identity, caller.Id(), cancellationToken);
        var here = projects.FirstOrDefault(project => project.Id == caller.ProjectId);
        return here is null
            ? Problems.ProjectUnknown()
            : TypedResults.Ok(new MeView
            {
                UserId = caller.Id(),
                UserName = caller.UserName,
                ProjectId = here.Id,
                ProjectName = here.Name,
                Role = here.Role,
                Projects = projects,
            });
    }
}
