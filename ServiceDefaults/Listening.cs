using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace InternPlatform.ServiceDefaults;

/// <summary>Where a host listens: loopback unless it is told otherwise, with limits on what a client may take up.</summary>
public static class Listening
{
    /// <summary>True for a request that came over <see cref="InternalSocket"/>, past the edge.</summary>
    public static bool IsInternal(this HttpContext context) =>
        context.Features.Get<InternalConnection>() is not null;

    internal static void Listen(this WebApplicationBuilder builder, string? internalSocket, string defaultUrls)
    {
        var urls = builder.Configuration[WebHostDefaults.ServerUrlsKey];
        builder.WebHost.UseUrls();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel);
            foreach (var url in (string.IsNullOrWhiteSpace(urls) ? defaultUrls : urls).Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                ListenOn(kestrel, BindingAddress.Parse(url));
            }

            if (internalSocket is not null)
            {
                OwnerOnly.CreateFolder(Path.GetDirectoryName(internalSocket)!);
                // Left by a host that was killed; the lock on the data folder says that it is gone.
                File.Delete(internalSocket);
                kestrel.ListenUnixSocket(internalSocket, listener => listener.Use(Mark));
            }
        });
    }

    private static ConnectionDelegate Mark(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new InternalConnection());
        return next(connection);
    };

    private static void ListenOn(KestrelServerOptions kestrel, BindingAddress address)
    {
        if (address.Scheme != "http")
        {
            throw new StartRefusedException($"{address}: only http here. TLS ends in front of the gateway.");
        }

        if (address.Host is "*" or "+")
        {
            kestrel.ListenAnyIP(address.Port);
        }
        else if (address.Host == "localhost" && address.Port != 0)
        {
            kestrel.ListenLocalhost(address.Port);
        }
        else if (address.Host == "localhost")
        {
            kestrel.Listen(IPAddress.Loopback, 0);
        }
        else if (IPAddress.TryParse(address.Host, out var ip))
        {
            kestrel.Listen(ip, address.Port);
        }
        else
        {
            throw new StartRefusedException($"{address}: give localhost, an IP address, or * as the host.");
        }
    }

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = BodyLimits.DefaultBytes;
        kestrel.Limits.MaxConcurrentConnections = 2_000;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 500;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
    }

    private sealed class InternalConnection;
}
