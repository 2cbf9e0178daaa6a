using Microsoft.AspNetCore.Builder;

namespace InternPlatform.ServiceDefaults;

/// <summary>What a host adds around its services: the standalone host and the gateway plug in the edge and the portal here.</summary>
public sealed record HostExtensions
{
    /// <summary>Shown in logs, and the issuer of this host's assertions.</summary>
    public required string Name { get; init; }

    /// <summary>True for the embedded profile: the host itself supplies the data folder, bus, database, store and key.</summary>
    public bool Embedded { get; init; }

    /// <summary>The host's assembly name, where it is not the process's own: static assets are found by it.</summary>
    public string? ApplicationName { get; init; }

    public Action<WebApplicationBuilder> AddServices { get; init; } = _ => { };

    /// <summary>Runs before routing and before authentication.</summary>
    public Action<WebApplication> UseMiddleware { get; init; } = _ => { };

    /// <summary>Runs after authorization is in place; maps what the host itself answers.</summary>
    public Action<WebApplication> MapEndpoints { get; init; } = _ => { };
}
