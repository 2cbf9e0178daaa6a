using Microsoft.AspNetCore.Http;

namespace InternPlatform.Portal.Hosting;

/// <summary>Tells the portal's own addresses from those of the services, which have their own errors and headers.</summary>
internal static class PortalPaths
{
    private static readonly PathString[] Others =
    [
        "/api", "/v1", "/auth", "/health", "/metrics", "/openapi", "/scalar", "/mcp", "/mlflow", "/lmdeploy", "/anthropic",
        "/datasets-server", "/lagent", "/toolserver",
    ];

    public static bool IsPage(HttpContext context) =>
        !Array.Exists(Others, other => context.Request.Path.StartsWithSegments(other));
}
