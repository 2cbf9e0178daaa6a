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

    /// <summary>No instance of the service can be reached: nothing was done, so asking again is safe.</summary>
    public static ProblemHttpResult ServiceAway(HttpContext context, string service)
    {
        context.Response.Headers.RetryAfter = "1";
        return PlatformProblems.Of(
            "edge", "service-away", $"The {service} service does not answer.", StatusCodes.Status503ServiceUnavailable,
            "Try again in a moment. If it stays away, look at its log.", new Dictionary<string, object?> { ["service"] = service });
    }

    /// <summary>The request was sent, and the connection broke before an answer.</summary>
    public static ProblemHttpResult AnswerLost(string service) => PlatformProblems.Of(
        "edge", "answer-lost", $"The answer of the {service} service was lost.", StatusCodes.Status502BadGateway,
        "It may have done what was asked: look before you ask again, or repeat the call with the same Idempotency-Key.",
        new Dictionary<string, object?> { ["service"] = service });

    public static ProblemHttpResult AnswerLate(string service) => PlatformProblems.Of(
        "edge", "answer-late", $"The {service} service has been silent for too long.", StatusCodes.Status504GatewayTimeout,
        "It may still do what was asked: look before you ask again, or repeat the call with the same Idempotency-Key.",
        new Dictionary<string, object?> { ["service"] = service });

    public static ProblemHttpResult TooMany(HttpContext context, TimeSpan wait, string what)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return PlatformProblems.Of(
            "edge", "too-many-requests", $"Too many {what}.", StatusCodes.Status429TooManyRequests,
            "Wait as long as Retry-After says.", new Dictionary<string, object?> { ["code"] = "rate_limit_exceeded" });
    }
}
