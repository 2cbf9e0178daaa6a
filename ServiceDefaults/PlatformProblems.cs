using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.ServiceDefaults;

/// <summary>Problems in the form of RFC 9457, and those that every service shares.</summary>
public static class PlatformProblems
{
    public const string Prefix = "urn:intern-platform:";

    /// <param name="service">The service whose problem it is.</param>
    /// <param name="problem">Stable name, such as <c>name-taken</c>.</param>
    /// <param name="title">What is wrong, in plain words.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">What to do next.</param>
    /// <param name="extensions">More members for programs.</param>
    public static ProblemHttpResult Of(
        string service, string problem, string title, int status, string? detail, IDictionary<string, object?>? extensions = null) =>
        TypedResults.Problem(
            type: $"{Prefix}{service}:{problem}", title: title, statusCode: status, detail: detail, extensions: extensions);

    public static ProblemHttpResult NotSignedIn() => Of(
        "platform", "not-signed-in", "You are not signed in.", StatusCodes.Status401Unauthorized,
        "Send a valid API key as 'Authorization: Bearer sk-…', or sign in through the portal.",
        new Dictionary<string, object?> { ["code"] = "invalid_api_key" });

    public static ProblemHttpResult MissingScope(HttpContext context)
    {
        var scope = context.GetEndpoint()?.Metadata.GetMetadata<ScopeMetadata>()?.Scope;
        return Of(
            "platform", "scope-missing", "Your role or key does not allow this.", StatusCodes.Status403Forbidden,
            scope is null ? null : $"It needs the scope '{scope}'. Ask an owner of the project.",
            new Dictionary<string, object?> { ["scope"] = scope });
    }

    public static ProblemHttpResult BodyTooLarge(long limit) => Of(
        "platform", "body-too-large", "The request body is too large.", StatusCodes.Status413PayloadTooLarge,
        $"This route takes at most {limit} bytes.", new Dictionary<string, object?> { ["limitBytes"] = limit });
}
