using System.Net;
using System.Net.Sockets;

namespace InternPlatform.AppHost;

/// <summary>Ports of 127.0.0.1 that nobody uses now. They stay the same for the life of the host, so that a process that is started again is found.</summary>
internal static class FreePorts
{
    // A server binds its port seconds after it was picked. Systems give the ports above this range to whoever connects somewhere, so one of those
    // could be taken meanwhile by any client.
    private const int First = 20_000;
    private const int End = 32_768;

    /// <returns>Neighbours from a random start: two hosts that pick at the same moment seldom meet.</returns>
    /// <exception cref="InvalidOperationException">Hardly a port is free.</exception>
    public static int[] Take(int count)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            int[] ports = [.. Enumerable.Range(Random.Shared.Next(First, End - count), count)];
            if (Array.TrueForAll(ports, IsFree))
            {
                return ports;
            }
        }

        throw new InvalidOperationException($"No {count} ports in a row are free between {First} and {End - 1}. End what listens there.");
    }

    private static bool IsFree(int port)
    {
        using var probe = new TcpListener(IPAddress.Loopback, port);
        try
        {
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
