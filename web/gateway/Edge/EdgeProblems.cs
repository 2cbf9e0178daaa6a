using System.Globalization;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Gateway.Edge;

/// <summary>What the edge refuses.</summary>
internal static class EdgeProblems
{
    public static ProblemHttpResult ForeignOrigin() => PlatformProblems.Of(
        "edge", "foreign-origin", "The call does not come from the portal's own pages.", StatusCodes.Status403Forbidden,
        "Programs sign in with an API key: 'Authorization: Bearer sk-…'.");

    public static ProblemHttpResult ProjectUnknown() => PlatformProblems.Of(
        "edge", "project-unknown", "There is no such project, or you are not a member of it.", StatusCodes.Status404NotFound,
        "Leave X-Intern-Project out for the default project.");

    /// <summary>Nobody can say who calls: the identity service is starting, or starting again.</summary>
    public static ProblemHttpResult IdentityAway(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return PlatformProblems.Of(
            "edge", "identity-away", "The service that knows who you are does not answer.", StatusCodes.Status503ServiceUnavailable,
            "Try again in a moment. If it stays away, look at its log.");
    }

    public static ProblemHttpResult TooMany(HttpContext context, TimeSpan wait, string what)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return PlatformProblems.Of(
            "edge", "too-many-requests", $"Too many {what}.", StatusCodes.Status429TooManyRequests,
            "Wait as long as Retry-After says.", new Dictionary<string, object?> { ["code"] = "rate_limit_exceeded" });
    }
}
