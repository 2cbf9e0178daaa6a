using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace InternPlatform.Gateway.Edge;

/// <summary>
/// <c>__Host-intern</c>: the session's id, encrypted. The prefix makes browsers insist on Secure, Path=/ and no Domain;
/// they take a Secure cookie from localhost without TLS.
/// </summary>
internal sealed class SessionCookie(IDataProtectionProvider protection)
{
    public const string Name = "__Host-intern";

    private readonly IDataProtector protector = protection.CreateProtector("session");

    public Guid? Read(HttpContext context)
    {
        if (!context.Request.Cookies.TryGetValue(Name, out var value) || value.Length > 1024)
        {
            return null;
        }

        try
        {
            return Guid.TryParse(protector.Unprotect(value), out var session) ? session : null;
        }
        catch (CryptographicException)
        {
            // Made with keys of another data folder, or by somebody else.
            return null;
        }
    }

    public void Write(HttpContext context, Guid session, DateTimeOffset expiresAt) =>
        context.Response.Cookies.Append(Name, protector.Protect(session.ToString()), Options(expiresAt));

    public void Delete(HttpContext context) => context.Response.Cookies.Delete(Name, Options(null));

    private static CookieOptions Options(DateTimeOffset? expiresAt) => new()
    {
        Secure = true,
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        Expires = expiresAt,
    };
}
