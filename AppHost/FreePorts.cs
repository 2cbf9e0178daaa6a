using System.Net;
using System.Net.Sockets;

namespace InternPlatform.AppHost;

/// <summary>Ports of 127.0.0.1 that nobody uses now. They stay the same for the life of the host, so that a process that is started again is found.</summary>
internal static class FreePorts
{
    public static int[] Take(int count)
    {
        // All are held until the last one is known, or two could be the same.
        var probes = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            foreach (var probe in probes)
            {
                probe.Start();
            }

            return [.. probes.Select(probe => ((IPEndPoint)probe.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var probe in probes)
            {
                probe.Dispose();
            }
        }
    }
}
