namespace InternPlatform.Gateway.Edge;

/// <summary>
/// localhost is one site for every port, so SameSite does not keep another local page out: an unsafe call that a cookie signs, the
/// sign-in itself, and the portal's connection must come from our own pages.
/// </summary>
internal sealed class SameOriginCheck(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        NeedsCheck(context) && !IsSameOrigin(context.Request)
            ? EdgeProblems.ForeignOrigin().ExecuteAsync(context)
            : next(context);

    private static bool NeedsCheck(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments("/_blazor") || request.Path.StartsWithSegments("/auth") || request.Headers.Upgrade.Count > 0 || request.Method == "CONNECT")
        {
            return true;
        }

        var safe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        return !safe && context.Features.Get<SignedIn>() is { ByCookie: true };
    }

    /// <summary>A browser says where a request comes from in one of two headers; what says neither is no browser, and needs a key.</summary>
    private static bool IsSameOrigin(HttpRequest request)
    {
        var (origin, site) = (request.Headers.Origin, request.Headers["Sec-Fetch-Site"]);
        if (origin.Count > 1 || site.Count > 1 || (origin.Count == 0 && site.Count == 0))
        {
            return false;
        }

        return (origin.Count == 0 || origin[0] == $"{request.Scheme}://{request.Host}")
            && (site.Count == 0 || site[0] == "same-origin");
    }
}
