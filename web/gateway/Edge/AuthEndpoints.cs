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
        ExchangeToken request, HttpContext context, ServiceClients clients, SessionCookie cookie, EdgeLimits limits, CancellationToken cancellationToken)
    {
        if (limits.TryAttempt(context) is { } wait)
        {
            return EdgeProblems.TooMany(context, wait, "attempts to sign in");
        }

        using var client = clients.For("identity", Introspection.Edge);
        using var response = await AskAsync(client, request, cancellationToken);
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

    /// <returns>Null where identity is away.</returns>
    private static async Task<HttpResponseMessage?> AskAsync(HttpClient client, ExchangeToken request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.PostAsJsonAsync("api/identity/sessions", request, PlatformJson.Options, cancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<NoContent> SignOutAsync(
        HttpContext context, ServiceClients clients, SessionCookie cookie, Introspection introspection, CancellationToken cancellationToken)
    {
        if (context.Features.Get<SignedIn>() is { Claim.Session: { } session } signedIn)
        {
            using var client = clients.For("identity", Introspection.Edge);
            using var response = await client.DeleteAsync($"api/identity/sessions/{session}", cancellationToken);
            response.EnsureSuccessStatusCode();
            introspection.Forget(signedIn.Claim);
        }

        cookie.Delete(context);
        return TypedResults.NoContent();
    }
}
