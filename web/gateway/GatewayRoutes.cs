using InternPlatform.Gateway.Edge;
using InternPlatform.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace InternPlatform.Gateway;

/// <summary>Routes from the one origin to the services. URLs are the same as in the embedded profile.</summary>
internal static class GatewayRoutes
{
    private const string Portal = "portal";

    /// <summary>Ends the name of a service's second cluster: the same instances, which may be silent for longer. The time belongs to a cluster, not to a route.</summary>
    private const string Patient = "-patient";

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    public static InMemoryConfigProvider To(PlatformOptions platform, EdgeOptions edge) => new(
        [.. platform.Services.Keys.SelectMany(RoutesOf)],
        [.. platform.Services.Keys.SelectMany(service => ClustersOf(service, platform.AddressesOf(service), edge))]);

    public static string ServiceOf(RouteConfig route) => route.ClusterId!.EndsWith(Patient, StringComparison.Ordinal) ? route.ClusterId[..^Patient.Length] : route.ClusterId;

    private static IEnumerable<ClusterConfig> ClustersOf(string service, IReadOnlyList<string> addresses, EdgeOptions edge)
    {
        var ordinary = new ClusterConfig
        {
            ClusterId = service,
            Destinations = addresses.Index().ToDictionary(instance => $"{instance.Index + 1}", instance => new DestinationConfig { Address = instance.Item }),
            LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
            HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(edge.AnswerSeconds) },
            HealthCheck = Health(TimeSpan.FromSeconds(edge.HealthSeconds)),
        };
        var patient = ordinary with
        {
            ClusterId = service + Patient,
            HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(edge.LongAnswerSeconds) },
        };
        // A circuit lives in one replica.
        return service == Portal ? [patient with { SessionAffinity = new SessionAffinityConfig { Enabled = true, AffinityKeyName = "intern-portal" } }] : [ordinary, patient];
    }

    private static HealthCheckConfig Health(TimeSpan interval) => new()
    {
        Active = new ActiveHealthCheckConfig { Enabled = true, Path = "/health/ready", Interval = interval, Timeout = ProbeTimeout },
        Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = ShunUnreached.PolicyName, ReactivationPeriod = interval },
        // Where all look ill, all are asked: a machine under load is slow to say that it is well.
        AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
    };

    private static IEnumerable<RouteConfig> RoutesOf(string service)
    {
        if (service == Portal)
        {
            // The portal itself says which of its pages are open to all.
            yield return Route(Portal + Patient, "{**path}", "anonymous", order: 1000) with
            {
                // The portal writes addresses for its user to copy.
                Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
            };
            yield break;
        }

        yield return Route(service, $"/api/{service}/{{**path}}");
        yield return Route(service, $"/openapi/{service}.json");
        // An event stream may be silent for a while: those of jobs and runs.
        yield return Route(service + Patient, $"/api/{service}/{{things}}/{{id}}/events");
        if (service == "catalog")
        {
            // A large file is read once more when it is complete.
            yield return Route(service + Patient, "/api/catalog/uploads/{**path}");
        }

        if (service == "deployment")
        {
            yield return Route(service + Patient, "/v1/{**path}");
        }
    }

    private static RouteConfig Route(string cluster, string path, string policy = "default", int order = 0) => new()
    {
        RouteId = path,
        ClusterId = cluster,
        Order = order,
        AuthorizationPolicy = policy,
        // Each service's own routes know how much they take.
        MaxRequestBodySize = -1,
        Match = new RouteMatch { Path = path },
    };
}
