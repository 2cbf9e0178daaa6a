using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace InternPlatform.ServiceDefaults;

/// <summary>Turns a refused request into a problem.</summary>
public sealed class RefusalWriter : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
        }
        else if (authorizeResult.Forbidden)
        {
            await PlatformProblems.MissingScope(context).ExecuteAsync(context);
        }
        else
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await PlatformProblems.NotSignedIn().ExecuteAsync(context);
        }
    }
}
