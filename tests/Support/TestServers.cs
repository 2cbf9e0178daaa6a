namespace InternPlatform.Tests.Support;

/// <summary>RabbitMQ and PostgreSQL for the tests of an assembly, started by the first that needs them; each test has a virtual host and a database of its own.</summary>
public sealed class TestServers : IAsyncDisposable
{
    private const string Password = "for-tests-only";

    private readonly Lazy<Task<TestServer>> postgres = new(() => TestServer.PostgresAsync(Password));
    private readonly Lazy<Task<TestServer>> rabbit = new(() => TestServer.RabbitAsync(Password));

    /// <summary>Why they cannot be started; null where they can.</summary>
    public static string? Missing =>
        TestServer.InContainers || (Directory.Exists("/usr/lib/postgresql") && Directory.Exists("/usr/lib/rabbitmq") && ServerScript.Has("epmd"))
            ? null
            : "real servers need a container engine, or the packages postgresql and rabbitmq-server";

    public Task<TestServer> Postgres => postgres.Value;
    public Task<TestServer> Rabbit => rabbit.Value;

    /// <summary>Options of section Platform for a host on both servers.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NewAsync()
    {
        var name = $"t{Guid.CreateVersion7():N}";
        await Task.WhenAll(Postgres, Rabbit);
        await (await Rabbit).ControlAsync("add_vhost", name);
        await (await Rabbit).ControlAsync("set_permissions", "-p", name, "intern", ".*", ".*", ".*");
        return new Dictionary<string, string>
        {
            ["Bus"] = $"amqp://intern:{Password}@127.0.0.1:{(await Rabbit).Port}/{name}",
            ["Database"] = $"Host=127.0.0.1;Port={(await Postgres).Port};Username=intern;Password={Password};Database={name}_{{name}};Maximum Pool Size=20",
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<TestServer>>[])[postgres, rabbit])
        {
            if (server.IsValueCreated)
            {
                await (await server.Value).DisposeAsync();
            }
        }
    }
}
