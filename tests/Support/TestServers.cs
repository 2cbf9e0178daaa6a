using System.Diagnostics;

namespace InternPlatform.Tests.Support;

/// <summary>RabbitMQ and PostgreSQL for the tests of an assembly, started by the first that needs them; each test has a virtual host and a database of its own.</summary>
public sealed class TestServers : IAsyncDisposable
{
    private const string Password = "for-tests-only";

    private readonly Lazy<Task<ServerScript>> postgres = new(() => StartAsync("postgres", 1));
    private readonly Lazy<Task<ServerScript>> rabbit = new(() => StartAsync("rabbitmq", 3));

    /// <summary>Why they cannot be started; null where they can.</summary>
    public static string? Missing => Directory.Exists("/usr/lib/postgresql") && Directory.Exists("/usr/lib/rabbitmq") && ServerScript.Has("epmd")
        ? null
        : "real servers need the packages postgresql and rabbitmq-server";

    public Task<ServerScript> Postgres => postgres.Value;
    public Task<ServerScript> Rabbit => rabbit.Value;

    /// <summary>Options of section Platform for a host on both servers.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NewAsync()
    {
        var name = $"t{Guid.CreateVersion7():N}";
        await Task.WhenAll(Postgres, Rabbit);
        await AddVirtualHostAsync(await Rabbit, name);
        return new Dictionary<string, string>
        {
            ["Bus"] = $"amqp://intern:{Password}@127.0.0.1:{(await Rabbit).Ports[0]}/{name}",
            ["Database"] = $"Host=127.0.0.1;Port={(await Postgres).Ports[0]};Username=intern;Password={Password};Database={name}_{{name}};Maximum Pool Size=20",
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<ServerScript>>[])[postgres, rabbit])
        {
            if (server.IsValueCreated)
            {
                await (await server.Value).DisposeAsync();
            }
        }
    }

    private static Task<ServerScript> StartAsync(string name, int ports) =>
        ServerScript.StartAsync(name, ports, new Dictionary<string, string>
        {
            ["PASSWORD"] = Password,
            // No test takes the machine's power away.
            ["OPTIONS"] = "-c fsync=off",
        }, CancellationToken.None);

    private static async Task AddVirtualHostAsync(ServerScript rabbit, string name)
    {
        foreach (var command in (string[][])[["add_vhost", name], ["set_permissions", "-p", name, "intern", ".*", ".*", ".*"]])
        {
            var start = new ProcessStartInfo(Directory.EnumerateFiles("/usr/lib/rabbitmq/lib", "rabbitmqctl", SearchOption.AllDirectories).First(), ["-n", "intern@localhost", .. command])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["HOME"] = rabbit.Folder;
            start.Environment["ERL_EPMD_PORT"] = $"{rabbit.Ports[2]}";
            using var control = Process.Start(start)!;
            var said = control.StandardError.ReadToEndAsync();
            await control.WaitForExitAsync();
            if (control.ExitCode != 0)
            {
                throw new InvalidOperationException($"rabbitmqctl {command[0]}: {await said}");
            }
        }
    }
}
