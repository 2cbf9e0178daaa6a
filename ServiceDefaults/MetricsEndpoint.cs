using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// <c>GET /metrics</c> in Prometheus' text form, for whoever has <c>Platform__MetricsToken</c>; nothing is here where none is set. It lies before the edge, which takes
/// off foreign credentials, and knows no users: figures of all projects are the operator's.
/// </summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    public static string? TokenOf(IConfiguration configuration) => configuration["Platform:MetricsToken"] is { Length: > 0 } token ? token : null;

    public static void UseMetrics(this WebApplication app)
    {
        var expected = TokenOf(app.Configuration) is { } token ? Digest($"Bearer {token}") : null;
        app.MapWhen(context => context.Request.Path == Path, metrics =>
        {
            if (expected is null)
            {
                return;    // a branch without an end: 404
            }

            metrics.Use((context, next) => CryptographicOperations.FixedTimeEquals(Digest(context.Request.Headers.Authorization.ToString()), expected) ? next(context) : RefuseAsync(context));
            metrics.UseOpenTelemetryPrometheusScrapingEndpoint(context => HttpMethods.IsGet(context.Request.Method));
        });
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return PlatformProblems.NotSignedIn().ExecuteAsync(context);
    }

    /// <summary>Of one length, whatever was sent.</summary>
    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
