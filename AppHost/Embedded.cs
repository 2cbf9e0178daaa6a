namespace InternPlatform.AppHost;

/// <summary>One process holds every service, the edge and the portal.</summary>
internal static class Embedded
{
    public const string Edge = "standalone";

    public static void Add(IDistributedApplicationBuilder builder, HostArguments arguments) => builder.AddProject<Projects.Standalone>(Edge)
        // Without Aspire's proxy: one that has lost its process accepts calls and never answers them.
        .WithHttpEndpoint(port: arguments.Port, isProxied: false)
        .WithEnvironment("Platform__Data", arguments.Data)
        .WithEnvironment("Platform__PrintLink", "false")
        .WithEnvironment("Platform__OperatorToken", arguments.Tour ? "true" : "false")
        .WithHttpHealthCheck("/health/ready");
}
