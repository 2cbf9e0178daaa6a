using InternPlatform.Gateway;
using InternPlatform.Gateway.Edge;
using InternPlatform.Identity;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Standalone;

/// <summary>The embedded profile: every service, the edge and the portal in one process.</summary>
public static class StandaloneHost
{
    public static IReadOnlyList<PlatformService> Services { get; } =
    [
        IdentityService.Definition,
    ];

    public static HostExtensions Extensions { get; } = new()
    {
        Name = "standalone",
        Embedded = true,
        ApplicationName = typeof(StandaloneHost).Assembly.GetName().Name,
        AddServices = builder =>
        {
            builder.AddEdge();
            // Without this, assets of the portal answer 200 with no bytes outside Development; without the setting below they are
            // sent as gzip that is not compressed.
            builder.WebHost.UseStaticWebAssets();
            builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        },
        UseMiddleware = EdgeHost.UseEdge,
        MapEndpoints = app =>
        {
            app.MapEdge();
            app.MapDocumentList(Services.Select(service => service.Name));
        },
    };
}
