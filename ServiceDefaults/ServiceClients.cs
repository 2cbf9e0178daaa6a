using System.Net.Http.Headers;
using System.Net.Sockets;

namespace InternPlatform.ServiceDefaults;

/// <summary>Calls between services, with a fresh assertion on every request and the rights of the person they are made for.</summary>
public sealed class ServiceClients(PlatformOptions options, Assertions assertions, InternalSocket internalSocket) : IDisposable
{
    private readonly ServiceAddresses addresses = new(options, internalSocket);

    /// <summary>
    /// A client whose base address is the root of the service: ask for <c>api/catalog/datasets</c> or <c>v1/models</c>, without a leading slash.
    /// It needs no disposal; make one wherever it is needed.
    /// </summary>
    /// <exception cref="InvalidOperationException">No address is known for the service.</exception>
    public HttpClient For(string service, Originator originator)
    {
        var (address, inner) = addresses.Locate(service);
        return new HttpClient(new MintingHandler(inner, assertions, options.Host, originator), disposeHandler: false) { BaseAddress = address };
    }

    public void Dispose() => addresses.Dispose();

    private sealed class MintingHandler(HttpMessageHandler inner, Assertions assertions, string issuer, Originator originator) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", assertions.Mint(issuer, originator));
            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>
/// The Unix socket by which services in one process call one another. Requests on it do not pass the edge, and carry an assertion;
/// those on the public port pass the edge, which takes no assertion from outside.
/// </summary>
public sealed class InternalSocket(PlatformOptions options)
{
    // sun_path holds 108 bytes on Linux.
    private const int LongestPath = 100;

    public string SocketPath { get; } = Choose(options.Data);

    internal async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Choose(string data)
    {
        var path = Path.Combine(data, "run", "internal.sock");
        if (path.Length <= LongestPath)
        {
            return path;
        }

        var digest = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(data));
        return Path.Combine(Path.GetTempPath(), $"intern-{Convert.ToHexStringLower(digest.AsSpan(0, 8))}", "internal.sock");
    }
}
