using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace InternPlatform.AppHost.Servers;

/// <summary>
/// Broker, database and S3 server as programs of this machine, on free ports and below the data folder. Their passwords are made once and
/// kept with the other keys.
/// </summary>
internal static class LocalServers
{
    public static ServerAddresses Add(IDistributedApplicationBuilder builder, string data)
    {
        var secrets = ServerSecrets.ReadOrCreate(data);
        var ports = FreePorts.Take(7);
        var (postgres, rabbit, s3) = (ports[0], ports[1], ports[4]);
        var database = Script(builder, "postgres", data, postgres, [postgres]).WithEnvironment("PASSWORD", secrets.Database);
        var broker = Script(builder, "rabbitmq", data, rabbit, [rabbit, ports[2], ports[3]]).WithEnvironment("PASSWORD", secrets.Bus);
        Script(builder, "s3", data, s3, [s3, ports[5], ports[6]]).WithEnvironment("ACCESS_KEY", secrets.AccessKey).WithEnvironment("SECRET_KEY", secrets.SecretKey);

        // The artefacts' server takes longest, and waits more than it works: the services start meanwhile, and then wait by themselves.
        return new ServerAddresses(
            Text($"amqp://intern:{secrets.Bus}@127.0.0.1:{rabbit}"),
            Text($"Host=127.0.0.1;Port={postgres};Username=intern;Password={secrets.Database};Database={{name}};Maximum Pool Size=20"),
            Text($"http://{secrets.AccessKey}:{secrets.SecretKey}@127.0.0.1:{s3}/{ServerAddresses.Bucket}"),
            [database, broker]);
    }

    private static ReferenceExpression Text(string text) => ReferenceExpression.Create($"{text}");

    /// <summary>Ready when it accepts connections on its port: each script makes sure that it is complete by then.</summary>
    private static IResourceBuilder<ExecutableResource> Script(IDistributedApplicationBuilder builder, string name, string data, int port, int[] ports)
    {
        var check = $"{name}-answers";
        builder.Services.AddHealthChecks().AddAsyncCheck(check, async cancellationToken =>
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", port, cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (SocketException e)
            {
                return HealthCheckResult.Unhealthy(e.Message);
            }
        });
        var script = Path.Combine(AppContext.BaseDirectory, "Servers", $"{name}.sh");
        return builder.AddExecutable(name, "bash", AppContext.BaseDirectory, [script, Path.Combine(data, "servers", name), .. ports.Select(number => $"{number}")])
            .WithEnvironment("WATCH_PID", Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            .WithHealthCheck(check);
    }
}
