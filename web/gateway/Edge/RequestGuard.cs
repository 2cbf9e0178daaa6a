using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace InternPlatform.Gateway.Edge;

/// <summary>
/// Refuses what could be read in two ways. A host name that is not ours is a rebinding attack; a path with encoded separators,
/// doubled slashes or dot segments may be authorised as one route and served as another, so it is not normalised but refused.
/// </summary>
internal sealed class RequestGuard(RequestDelegate next, IOptions<EdgeOptions> options)
{
    private static readonly string[] TwoWays = ["%2f", "%5c", "%2e", "%00", "%25", "//", "/./", "/../", "\\", ";"];

    private readonly HashSet<string> hosts = new(["localhost", "127.0.0.1", "[::1]", .. options.Value.AllowedHosts], StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        // Probes of an orchestrator come by address; health says nothing that a foreign page could use.
        var problem = !hosts.Contains(context.Request.Host.Host) && !context.Request.Path.StartsWithSegments("/health") ? UnknownHost() : !IsPlain(context) ? AmbiguousPath() : null;
        return problem is null ? next(context) : problem.ExecuteAsync(context);
    }

    private static bool IsPlain(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? query : target.Length);
        if (path.Length == 0 || path[0] != '/' || path.EndsWith("/..", StringComparison.Ordinal) || path.EndsWith("/.", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var spelling in TwoWays)
        {
            if (path.Contains(spelling, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        return !context.Request.Path.Value!.Any(char.IsControl);
    }

    private static ProblemHttpResult UnknownHost() => PlatformProblems.Of(
        "edge", "unknown-host", "This host name is not one of ours.", StatusCodes.Status421MisdirectedRequest,
        "Use localhost, or add the name with Edge__AllowedHosts__0.");

    private static ProblemHttpResult AmbiguousPath() => PlatformProblems.Of(
        "edge", "ambiguous-path", "The path can be read in more than one way.", StatusCodes.Status400BadRequest,
        "Leave out encoded or doubled slashes, backslashes, semicolons and dot segments.");
}
