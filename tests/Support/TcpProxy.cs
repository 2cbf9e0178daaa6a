using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace InternPlatform.Tests.Support;

/// <summary>A link between two processes that a test can cut: open connections break, new ones are refused, until it is mended.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly int target;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Guid, TcpClient> open = new();
    private readonly Task accepting;
    private volatile bool isCut;

    public TcpProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Cut()
    {
        isCut = true;
        foreach (var client in open.Values)
        {
            client.Dispose();
        }
    }

    public void Mend() => isCut = false;

    public async ValueTask DisposeAsync()
    {
        Cut();
        listener.Stop();
        await accepting;
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = ForwardAsync(client);
            }
        }
        catch (SocketException)
        {
            // Stopped.
        }
        catch (ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        var id = Guid.CreateVersion7();
        using var server = new TcpClient();
        open[id] = client;
        try
        {
            if (isCut)
            {
                return;
            }

            await server.ConnectAsync(IPAddress.Loopback, target);
            var (near, far) = (client.GetStream(), server.GetStream());
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or one side ended.
        }
        finally
        {
            open.TryRemove(id, out _);
            client.Dispose();
        }
    }
}
