using System.Net;
using System.Net.Sockets;

namespace InternPlatform.Tests.Support;

/// <summary>A port of the loopback address that nobody listens on at this moment.</summary>
public static class FreePort
{
    public static int Next()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
