using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace InternPlatform.Gateway.Edge;

/// <summary>A person who is not signed in and asks for a page is led to the one that says how; programs get the plain refusal.</summary>
internal sealed class PageRefusals(RefusalWriter refusals) : IAuthorizationMiddlewareResultHandler
{
    private static readonly PathString[] Programs = ["/api", "/v1", "/auth", "/openapi", "/health", "/_blazor"];

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Challenged || !AsksForPage(context.Request))
        {
            return refusals.HandleAsync(next, context, policy, authorizeResult);
        }

        context.Response.Redirect("/welcome");
        return Task.CompletedTask;
    }

    private static bool AsksForPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !Programs.Any(path => request.Path.StartsWithSegments(path));
}
