using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace InternPlatform.ServiceDefaults;

/// <summary>Who calls, from the validated assertion. A parameter of any endpoint.</summary>
public sealed record Caller(string UserId, string UserName, Guid ProjectId, IReadOnlyList<string> Scopes)
{
    public bool Has(string scope) => Scopes.Contains(scope);

    /// <summary>The caller as the one on whose behalf other services are called.</summary>
    public Originator ToOriginator() => new(UserId, UserName, ProjectId, Scopes);

    public static Caller Of(ClaimsPrincipal user)
    {
        var id = user.FindFirstValue(Assertions.UserIdClaim);
        var project = user.FindFirstValue(Assertions.ProjectClaim);
        if (id is null || !Guid.TryParse(project, out var projectId))
        {
            throw new InvalidOperationException("The request has no assertion: the endpoint must require authorization.");
        }

        return new Caller(id, user.FindFirstValue(Assertions.UserNameClaim) ?? id, projectId, Assertions.ScopesOf(user));
    }

    /// <summary>Called by minimal APIs.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context.User));
}

/// <summary>The person on whose behalf a call is made, kept by job rows and carried by every call between services.</summary>
public sealed record Originator(string UserId, string UserName, Guid ProjectId, IReadOnlyList<string> Scopes);
