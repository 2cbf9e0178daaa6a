using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Routing;

namespace InternPlatform.Portal.Hosting;

/// <summary><c>GET /culture?c=zh-CN&amp;to=/data</c> and <c>GET /theme?t=dark&amp;to=/data</c>: remember a choice and go back to the page.</summary>
internal static class Preferences
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(365);

    public static void MapPreferences(this IEndpointRouteBuilder app)
    {
        app.MapGet("/culture", Culture).AllowAnonymous();
        app.MapGet("/theme", Theme).AllowAnonymous();
    }

    private static RedirectHttpResult Culture(HttpContext context, string c, string? to)
    {
        var culture = PortalApp.Cultures.FirstOrDefault(known => known.Name == c) ?? PortalApp.Cultures[0];
        Remember(context, CookieRequestCultureProvider.DefaultCookieName, CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(culture)));
        return TypedResults.LocalRedirect(Back(to));
    }

    private static RedirectHttpResult Theme(HttpContext context, string t, string? to)
    {
        Remember(context, ThemeChoice.Cookie, t == "dark" ? "dark" : "light");
        return TypedResults.LocalRedirect(Back(to));
    }

    private static void Remember(HttpContext context, string name, string value) => context.Response.Cookies.Append(
        name, value, new CookieOptions { MaxAge = Remembered, SameSite = SameSiteMode.Lax, IsEssential = true });

    // Only a path of this origin: "//elsewhere" and "/\elsewhere" leave it.
    private static string Back(string? to) =>
        to is ['/', ..] && (to.Length == 1 || to[1] is not ('/' or '\\')) ? to : "/";
}
