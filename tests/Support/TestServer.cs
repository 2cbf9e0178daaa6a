using System.Diagnostics;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using InternPlatform.AppHost.Servers;

namespace InternPlatform.Tests.Support;

/// <summary>
/// One server of a test run. As the AppHost does it: a container where an engine answers, else the script of the same name over this machine's programs.
/// </summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly IAsyncDisposable server;
    private readonly Func<string[], Task> control;

    private TestServer(IAsyncDisposable server, int port, Func<string[], Task> control)
    {
        this.server = server;
        this.control = control;
        Port = port;
    }

    public static bool InContainers => ContainerEngine.Answers;

    public int Port { get; }

    public static Task<TestServer> PostgresAsync(string password) => InContainers
        ? ContainerAsync(new ContainerBuilder("postgres:17-alpine").WithEnvironment("POSTGRES_USER", "intern").WithEnvironment("POSTGRES_PASSWORD", password), 5432)
        // No test takes the machine's power away.
        : ScriptAsync("postgres", 1, new() { ["PASSWORD"] = password, ["OPTIONS"] = "-c fsync=off" });

    public static Task<TestServer> RabbitAsync(string password) => InContainers
        ? ContainerAsync(new ContainerBuilder("rabbitmq:4-alpine").WithEnvironment("RABBITMQ_DEFAULT_USER", "intern").WithEnvironment("RABBITMQ_DEFAULT_PASS", password), 5672)
        : ScriptAsync("rabbitmq", 3, new() { ["PASSWORD"] = password });

    public static Task<TestServer> S3Async(string access, string secret) => InContainers
        ? ContainerAsync(new ContainerBuilder("minio/minio:latest").WithCommand("server", "/data").WithEnvironment("MINIO_ROOT_USER", access).WithEnvironment("MINIO_ROOT_PASSWORD", secret), 9000)
        // In memory: nothing of a test outlives its server.
        : ScriptAsync("s3", 3, new() { ["ACCESS_KEY"] = access, ["SECRET_KEY"] = secret, ["OBJECT_STORE"] = "memstore" });

    /// <summary>Runs the broker's own command line tool.</summary>
    public Task ControlAsync(params string[] command) => control(command);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private static async Task<TestServer> ContainerAsync(ContainerBuilder builder, ushort port)
    {
        var container = builder.WithPortBinding(port, assignRandomHostPort: true).WithWaitStrategy(Wait.ForUnixContainer().UntilInternalTcpPortIsAvailable(port)).Build();
        await container.StartAsync();
        return new TestServer(container, container.GetMappedPublicPort(port), command => ExecuteAsync(container, command));
    }

    private static async Task ExecuteAsync(IContainer container, string[] command)
    {
        var result = await container.ExecAsync(["rabbitmqctl", .. command]);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl {command[0]}: {result.Stderr}");
        }
    }

    private static async Task<TestServer> ScriptAsync(string name, int ports, Dictionary<string, string> environment)
    {
        var script = await ServerScript.StartAsync(name, ports, environment, CancellationToken.None);
        return new TestServer(script, script.Ports[0], command => ControlAsync(script, command));
    }

    private static async Task ControlAsync(ServerScript rabbit, string[] command)
    {
        var program = Directory.EnumerateFiles("/usr/lib/rabbitmq/lib", "rabbitmqctl", SearchOption.AllDirectories).First();
        var start = new ProcessStartInfo(program, ["-n", "intern@localhost", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = rabbit.Folder;
        start.Environment["ERL_EPMD_PORT"] = $"{rabbit.Ports[2]}";
        using var running = Process.Start(start)!;
        var said = running.StandardError.ReadToEndAsync();
        await running.WaitForExitAsync();
        if (running.ExitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl {command[0]}: {await said}");
        }
    }
}
