using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace InternPlatform.Gateway;

/// <summary>Routes from the one origin to the services. URLs are the same as in the embedded profile.</summary>
internal static class GatewayRoutes
{
    private const string Portal = "portal";
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(10);

    public static (IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters) To(IReadOnlyDictionary<string, string> services)
    {
        var routes = services.Keys.SelectMany(RoutesOf).ToList();
        var clusters = services.Select(service => new ClusterConfig
        {
            ClusterId = service.Key,
            Destinations = new Dictionary<string, DestinationConfig> { ["1"] = new() { Address = service.Value } },
            // A circuit lives in one replica.
            // An event stream may be silent for a while.
            HttpRequest = new ForwarderRequestConfig { ActivityTimeout = LongestSilence },
            SessionAffinity = service.Key == Portal ? new SessionAffinityConfig { Enabled = true, AffinityKeyName = "intern-portal" } : null,
        }).ToList();
        return (routes, clusters);
    }

    private static IEnumerable<RouteConfig> RoutesOf(string service)
    {
        if (service == Portal)
        {
            // The portal itself says which of its pages are open to all.
            yield return Route(service, "{**path}", "anonymous", order: 1000);
            yield break;
        }

        yield return Route(service, $"/api/{service}/{{**path}}", "default", order: 0);
        yield return Route(service, $"/openapi/{service}.json", "default", order: 0);
        if (service == "deployment")
        {
            yield return Route(service, "/v1/{**path}", "default", order: 0);
        }
    }

    private static RouteConfig Route(string service, string path, string policy, int order) => new()
    {
        RouteId = path,
        ClusterId = service,
        Order = order,
        AuthorizationPolicy = policy,
        // Each service's own routes know how much they take.
        MaxRequestBodySize = -1,
        Match = new RouteMatch { Path = path },
        // The portal writes addresses for its user to copy.
        Transforms = service == Portal ? [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }] : null,
    };
}
