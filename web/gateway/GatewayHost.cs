using InternPlatform.Gateway.Edge;
using InternPlatform.ServiceDefaults;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace InternPlatform.Gateway;

/// <summary>The gateway of the distributed profile: the edge, and YARP to the services named by <c>Platform__Services__{name}</c>.</summary>
public static class GatewayHost
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    public static HostExtensions Extensions { get; } = new()
    {
        Name = "gateway",
        AddServices = builder =>
        {
            builder.AddEdge();
            builder.Services.AddReverseProxy().ConfigureHttpClient((_, connections) => connections.ConnectTimeout = ConnectTimeout);
            builder.Services.AddSingleton<IPassiveHealthCheckPolicy, ShunUnreached>();
            builder.Services.AddSingleton<IProxyConfigProvider>(services =>
                GatewayRoutes.To(services.GetRequiredService<PlatformOptions>(), services.GetRequiredService<IOptions<EdgeOptions>>().Value));
            // Each probe of an instance that is away; that it went away is logged once.
            builder.Logging.AddFilter("Yarp.ReverseProxy.Health.ActiveHealthCheckMonitor", LogLevel.Error);
        },
        UseMiddleware = EdgeHost.UseEdge,
        MapEndpoints = app =>
        {
            app.MapEdge();
            app.MapDocumentList(app.Services.GetRequiredService<PlatformOptions>().Services.Keys);
            app.MapReverseProxy(proxy =>
            {
                proxy.UseMiddleware<AskAnother>();
                proxy.UseSessionAffinity();
                proxy.UseLoadBalancing();
                proxy.UsePassiveHealthChecks();
            });
        },
    };
}
