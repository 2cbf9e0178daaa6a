using Microsoft.AspNetCore.Http;

namespace InternPlatform.Portal.Hosting;

/// <summary>
/// Response headers of pages: scripts from files of ours only, no frames, and the question for the browser's colour scheme,
/// so that the first paint is already dark or light.
/// </summary>
internal sealed class PageHeaders(RequestDelegate next)
{
    // Styles inline: MudBlazor's theme is a style element, and its components use style attributes.
    private const string ContentSecurity =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurity;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Accept-CH"] = ThemeChoice.HintHeader;
        headers["Critical-CH"] = ThemeChoice.HintHeader;
        headers.Append("Vary", ThemeChoice.HintHeader);
        return next(context);
    }
}
