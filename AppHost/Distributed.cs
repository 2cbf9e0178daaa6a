using System.Globalization;
using InternPlatform.AppHost.Servers;

namespace InternPlatform.AppHost;

/// <summary>One process per service, with a broker, a database and an S3 server between them, behind the gateway.</summary>
internal static class Distributed
{
    public const string Edge = "gateway";

    /// <summary>Names of services, and of their programs.</summary>
    private static readonly (string Name, IProjectMetadata Project)[] Services =
    [
        ("identity", new Projects.Identity()),
        ("catalog", new Projects.Catalog()),
        ("pretraining", new Projects.Pretraining()),
        ("finetuning", new Projects.Finetuning()),
        ("evaluation", new Projects.Evaluation()),
        ("deployment", new Projects.Deployment()),
        ("agents", new Projects.Agents()),
        ("pipelines", new Projects.Pipelines()),
        ("portal", new Projects.PortalHost()),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Services.Select(service => service.Name)];

    public static void Add(IDistributedApplicationBuilder builder, HostArguments arguments)
    {
        var servers = ServerAddresses.Add(builder, arguments.Data);
        var instances = Services.SelectMany(service => InstancesOf(service.Name, service.Project, arguments)).ToList();
        var ports = FreePorts.Take(instances.Count);
        var addresses = instances.Zip(ports).Where(one => one.First.Role != "worker").GroupBy(one => one.First.Service)
            .Select(service => ($"Platform__Services__{service.Key}", string.Join(';', service.Select(one => $"http://localhost:{one.Second}")))).ToList();
        var processes = instances.Zip(ports, Start).ToList();
        processes[0].WithEnvironment("Platform__OperatorToken", arguments.Tour ? "true" : "false");
        var gateway = Add(Edge, new Projects.Gateway(), arguments.Port).WithEnvironment("Platform__PrintLink", "false");
        foreach (var process in processes)
        {
            // Its address is what people are given: behind it everything answers.
            gateway.WaitFor(process);
        }

        IResourceBuilder<ExecutableResource> Start(Instance instance, int port) => Add(instance.Name, instance.Project, port)
            .WithEnvironment("Platform__Instance", instance.Name)
            .WithEnvironment("Platform__Role", instance.Role);

        IResourceBuilder<ExecutableResource> Add(string name, IProjectMetadata project, int port)
        {
            var process = builder.AddExecutable(name, ProgramOf(project), AppContext.BaseDirectory)
                .WithHttpEndpoint(port: port, targetPort: port, isProxied: false)
                .WithEnvironment("ASPNETCORE_URLS", string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"))
                .WithEnvironment("Platform__Profile", "distributed")
                .WithEnvironment("Platform__Data", arguments.Data)
                .WithEnvironment("Platform__Bus", servers.Bus)
                .WithEnvironment("Platform__Database", servers.Database)
                .WithEnvironment("Platform__Artifacts", servers.Artifacts)
                .WithEnvironment("Platform__AssertionKey", Path.Combine(arguments.Data, "keys", "assertion.pem"))
                .WithOtlpExporter()
                .WithHttpHealthCheck("/health/ready");
            foreach (var (variable, address) in addresses)
            {
                process.WithEnvironment(variable, address);
            }

            foreach (var server in servers.All)
            {
                process.WaitFor(server);
            }

            return process;
        }
    }

    /// <summary>The first has the service's own name; where there are workers, the others leave the jobs to them.</summary>
    private static IEnumerable<Instance> InstancesOf(string service, IProjectMetadata project, HostArguments arguments)
    {
        var (replicas, workers) = (arguments.Replicas.GetValueOrDefault(service, 1), arguments.Workers.GetValueOrDefault(service));
        for (var i = 1; i <= replicas; i++)
        {
            // Two engines would each ask the model before one of them wins: the first drives the runs of agents alone.
            var role = workers > 0 || (service == "agents" && i > 1) ? "api" : "all";
            yield return new Instance(service, i == 1 ? service : $"{service}-{i}", role, project);
        }

        for (var i = 1; i <= workers; i++)
        {
            yield return new Instance(service, i == 1 ? $"{service}-worker" : $"{service}-worker-{i}", "worker", project);
        }
    }

    private sealed record Instance(string Service, string Name, string Role, IProjectMetadata Project);

    /// <summary>
    /// What was built beside this host. As a project resource each service would be started by a <c>dotnet run</c> of its own, which stays:
    /// the whole was ready after 103 s so, and after 81 s without.
    /// </summary>
    private static string ProgramOf(IProjectMetadata project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var name = Path.GetFileNameWithoutExtension(project.ProjectPath);
        return Path.Combine(here.Parent!.Parent!.FullName, name, here.Name, $"InternPlatform.{name}");
    }
}
