using Microsoft.AspNetCore.Http;

namespace InternPlatform.Portal.Hosting;

/// <summary>
/// Asks the browser for its colour scheme, so that the first paint is already dark or light. Everything else in the headers is the edge's.
/// </summary>
internal sealed class PageHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Accept-CH"] = ThemeChoice.HintHeader;
        headers["Critical-CH"] = ThemeChoice.HintHeader;
        headers.Append("Vary", ThemeChoice.HintHeader);
        return next(context);
    }
}
