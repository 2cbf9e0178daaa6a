using InternPlatform.Gateway.Edge;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Gateway;

/// <summary>The gateway of the distributed profile: the edge, and YARP to the services named by <c>Platform__Services__{name}</c>.</summary>
public static class GatewayHost
{
    public static HostExtensions Extensions { get; } = new()
    {
        Name = "gateway",
        AddServices = builder =>
        {
            builder.AddEdge();
            var (routes, clusters) = GatewayRoutes.To(PlatformOptions.Of(builder).Services);
            builder.Services.AddReverseProxy().LoadFromMemory(routes, clusters);
        },
        UseMiddleware = EdgeHost.UseEdge,
        MapEndpoints = app =>
        {
            app.MapEdge();
            app.MapDocumentList(app.Services.GetRequiredService<PlatformOptions>().Services.Keys);
            app.MapReverseProxy();
        },
    };
}
