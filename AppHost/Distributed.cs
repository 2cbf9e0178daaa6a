using InternPlatform.AppHost.Servers;

namespace InternPlatform.AppHost;

/// <summary>One process per service, with a broker, a database and an S3 server between them, behind the gateway.</summary>
internal static class Distributed
{
    public const string Edge = "gateway";

    public static void Add(IDistributedApplicationBuilder builder, HostArguments arguments)
    {
        var servers = ServerAddresses.Add(builder, arguments.Data);
        IResourceBuilder<ProjectResource>[] services =
        [
            builder.AddProject<Projects.Identity>("identity").WithEnvironment("Platform__OperatorToken", arguments.Tour ? "true" : "false"),
            builder.AddProject<Projects.Catalog>("catalog"),
            builder.AddProject<Projects.Pretraining>("pretraining"),
            builder.AddProject<Projects.Finetuning>("finetuning"),
            builder.AddProject<Projects.Evaluation>("evaluation"),
            builder.AddProject<Projects.Deployment>("deployment"),
            builder.AddProject<Projects.Agents>("agents"),
            builder.AddProject<Projects.Pipelines>("pipelines"),
            builder.AddProject<Projects.PortalHost>("portal"),
        ];
        var ports = FreePorts.Take(services.Length);
        var addresses = services.Zip(ports, (service, port) => ($"Platform__Services__{service.Resource.Name}", $"http://localhost:{port}")).ToList();
        foreach (var (service, port) in services.Zip(ports))
        {
            Configure(service, port);
        }

        var gateway = builder.AddProject<Projects.Gateway>(Edge).WithEnvironment("Platform__PrintLink", "false");
        Configure(gateway, arguments.Port);
        foreach (var service in services)
        {
            // Its address is what people are given: behind it everything answers.
            gateway.WaitFor(service);
        }

        void Configure(IResourceBuilder<ProjectResource> service, int port)
        {
            // Without Aspire's proxy: one that has lost its process accepts calls and never answers them.
            service.WithHttpEndpoint(port: port, isProxied: false)
                .WithEnvironment("Platform__Profile", "distributed")
                .WithEnvironment("Platform__Data", arguments.Data)
                .WithEnvironment("Platform__Bus", servers.Bus)
                .WithEnvironment("Platform__Database", servers.Database)
                .WithEnvironment("Platform__Artifacts", servers.Artifacts)
                .WithEnvironment("Platform__AssertionKey", Path.Combine(arguments.Data, "keys", "assertion.pem"))
                .WithHttpHealthCheck("/health/ready");
            foreach (var (name, address) in addresses)
            {
                service.WithEnvironment(name, address);
            }

            foreach (var server in servers.All)
            {
                service.WaitFor(server);
            }
        }
    }
}
