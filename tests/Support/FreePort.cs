using System.Net;
using System.Net.Sockets;

namespace InternPlatform.Support;

public static class FreePort
{
    /// <summary>A port of 127.0.0.1 that nobody used a moment ago.</summary>
    public static int Next()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
