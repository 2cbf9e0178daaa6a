using System.Net;
using InternPlatform.Contracts.Identity;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace InternPlatform.Gateway.Edge;

/// <summary><c>POST /auth/exchange</c>: the one-time token for a cookie. <c>POST /auth/sign-out</c>: ends the session everywhere.</summary>
internal static class AuthEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/auth/exchange", ExchangeAsync).AllowAnonymous().WithBodyLimit(4096).ExcludeFromDescription();
        app.MapPost("/auth/sign-out", SignOutAsync).AllowAnonymous().WithBodyLimit(4096).ExcludeFromDescription();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ExchangeAsync(
        ExchangeToken request, HttpContext context, Introspection identity, SessionCookie cookie, EdgeLimits limits, CancellationToken cancellationToken)
    {
        if (limits.TryAttempt(context) is { } wait)
        {
            return EdgeProblems.TooMany(context, wait, "attempts to sign in");
        }

        using var response = await identity.CallAsync(HttpMethod.Post, "api/identity/sessions", request, cancellationToken);
        if (response is null)
        {
            return EdgeProblems.IdentityAway(context);
        }

        if (response.StatusCode == HttpStatusCode.Forbidden)
        {
            var problem = await response.Content.ReadFromJsonAsync<ProblemDetails>(PlatformJson.Options, cancellationToken);
            return PlatformProblems.Of("identity", "token-spent", problem!.Title!, StatusCodes.Status403Forbidden, problem.Detail);
        }

        response.EnsureSuccessStatusCode();
        var session = (await response.Content.ReadFromJsonAsync<SessionView>(PlatformJson.Options, cancellationToken))!;
        cookie.Write(context, session.SessionId, session.ExpiresAt);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> SignOutAsync(
        HttpContext context, Introspection identity, SessionCookie cookie, CancellationToken cancellationToken)
    {
        if (context.Features.Get<SignedIn>() is { Claim.Session: { } session } signedIn)
        {
            using var response = await identity.CallAsync(HttpMethod.Delete, $"api/identity/sessions/{session}", null, cancellationToken);
            if (response is null)
            {
                return EdgeProblems.IdentityAway(context);
            }

            response.EnsureSuccessStatusCode();
            identity.Forget(signedIn.Claim);
        }

        cookie.Delete(context);
        return TypedResults.NoContent();
    }
}
