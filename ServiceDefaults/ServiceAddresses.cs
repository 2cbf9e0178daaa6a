using System.Collections.Concurrent;

namespace InternPlatform.ServiceDefaults;

/// <summary>Where services are, and the connections to them: by address, or in the embedded profile by <see cref="InternalSocket"/>. Holds no key, so a job's child has one, too.</summary>
public sealed class ServiceAddresses(PlatformOptions options, InternalSocket internalSocket) : IDisposable
{
    private readonly SocketsHttpHandler direct = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
    };

    private readonly SocketsHttpHandler own = new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = (_, cancellationToken) => internalSocket.ConnectAsync(cancellationToken),
    };

    private readonly ConcurrentDictionary<string, ServiceInstances> several = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The root of the service, with a trailing slash, and the handler that reaches it. The handler is shared: do not dispose it.</summary>
    /// <exception cref="InvalidOperationException">No address is known for the service.</exception>
    public (Uri Address, HttpMessageHandler Handler) Locate(string service)
    {
        var addresses = options.AddressesOf(service);
        if (addresses.Count > 0)
        {
            var roots = addresses.Select(address => new Uri(address.TrimEnd('/') + "/")).ToList();
            return (roots[0], roots.Count == 1 ? direct : several.GetOrAdd(service, _ => new ServiceInstances(roots, direct, TimeProvider.System)));
        }

        // The embedded profile: all services are one process, reached past the edge by a socket that only its user can open.
        return options.Embedded
            ? (new Uri($"http://{service}/"), own)
            : throw new InvalidOperationException($"No address is known for the service {service}: set {PlatformOptions.Variable("Services")}__{service}.");
    }

    public void Dispose()
    {
        direct.Dispose();
        own.Dispose();
    }
}
