using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace InternPlatform.Gateway.Edge;

/// <summary>Where this host listens, known once it has started.</summary>
internal sealed class WebApplicationAddress(IServer server)
{
    public string? First() => server.Features.Get<IServerAddressesFeature>()?.Addresses
        .FirstOrDefault(url => !url.Contains("unix:", StringComparison.Ordinal));
}
