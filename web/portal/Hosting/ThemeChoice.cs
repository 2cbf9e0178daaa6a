using Microsoft.AspNetCore.Http;

namespace InternPlatform.Portal.Hosting;

/// <summary>Dark or light for a request: the user's choice in a cookie, else what the browser says the system prefers.</summary>
public static class ThemeChoice
{
    public const string Cookie = "theme";
    public const string HintHeader = "Sec-CH-Prefers-Color-Scheme";

    /// <summary>Null when neither is known: the browser is asked once the page is there.</summary>
    public static bool? IsDark(HttpContext context)
    {
        var told = context.Request.Cookies[Cookie] ?? context.Request.Headers[HintHeader].ToString().Trim('"');
        return told switch
        {
            "dark" => true,
            "light" => false,
            _ => null,
        };
    }
}
