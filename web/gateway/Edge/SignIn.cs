using InternPlatform.ServiceDefaults;

namespace InternPlatform.Gateway.Edge;

/// <summary>
/// Finds out who calls, takes off everything by which a caller could claim to be somebody, and puts an assertion in its place.
/// Whoever is not known goes on without one, and is refused by whatever is not open to all.
/// </summary>
internal sealed class SignIn(RequestDelegate next, Introspection introspection, SessionCookie cookie, EdgeLimits limits, Assertions assertions, PlatformOptions options)
{
    private const string ProjectHeader = "X-Intern-Project";
    private static readonly string[] Spoofable =
        ["Forwarded", "X-Real-IP", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Rewrite-URL", "Proxy-Authorization"];

    private static readonly string[] SpoofablePrefixes = ["X-Intern-", "X-Forwarded-", "X-Original-", "X-Envoy-"];

    public async Task InvokeAsync(HttpContext context)
    {
        var claim = ClaimOf(context);
        Strip(context.Request.Headers);
        if (claim is not null)
        {
            if (await introspection.AskAsync(claim, context.RequestAborted) is not { } answer)
            {
                await EdgeProblems.IdentityAway(context).ExecuteAsync(context);
                return;
            }

            if (answer.UnknownProject)
            {
                await EdgeProblems.ProjectUnknown().ExecuteAsync(context);
                return;
            }

            if (answer.Caller is { } caller)
            {
                var originator = new Originator(caller.UserId.ToString(), caller.UserName, caller.ProjectId, caller.Scopes);
                context.Request.Headers.Authorization = $"Bearer {assertions.Mint(options.Host, originator)}";
                context.Features.Set(new SignedIn(claim, originator));
            }
            else if (claim.ApiKey is not null && limits.TryAttempt(context) is { } wait)
            {
                await EdgeProblems.TooMany(context, wait, "attempts to sign in").ExecuteAsync(context);
                return;
            }
        }

        await next(context);
    }

    /// <summary>A request with an Authorization header is judged by it alone: a wrong key does not fall back on a cookie.</summary>
    private Claim? ClaimOf(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count > 0)
        {
            return authorization is [{ Length: < 512 } header] && header.StartsWith("Bearer sk-", StringComparison.OrdinalIgnoreCase)
                ? new Claim(header["Bearer ".Length..].Trim(), null, null)
                : null;
        }

        return cookie.Read(context) is { } session ? new Claim(null, session, ProjectOf(context)) : null;
    }

    private static string? ProjectOf(HttpContext context) =>
        context.Request.Headers[ProjectHeader] is [{ Length: > 0 } name] ? name : null;

    private static void Strip(IHeaderDictionary headers)
    {
        headers.Remove("Authorization");
        foreach (var name in Spoofable)
        {
            headers.Remove(name);
        }

        foreach (var name in headers.Keys.Where(IsSpoofable).ToList())
        {
            headers.Remove(name);
        }
    }

    private static bool IsSpoofable(string name) =>
        SpoofablePrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What a request says about who sends it.</summary>
internal sealed record Claim(string? ApiKey, Guid? Session, string? Project);

/// <summary>Who that turned out to be.</summary>
internal sealed record SignedIn(Claim Claim, Originator Originator)
{
    public bool ByCookie => Claim.Session is not null;
}
