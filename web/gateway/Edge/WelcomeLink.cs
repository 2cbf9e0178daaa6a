using InternPlatform.ServiceDefaults;

namespace InternPlatform.Gateway.Edge;

/// <summary>
/// Prints the link that signs the first user in, once the host listens. It goes to the terminal and not to the log: a log is kept and
/// sent on. A host that is started by the AppHost leaves it to that.
/// </summary>
internal sealed class WelcomeLink(IHostApplicationLifetime lifetime, WebApplicationAddress address, PlatformOptions options, IConfiguration configuration) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration.GetValue("Platform:PrintLink", true))
        {
            lifetime.ApplicationStarted.Register(Print);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Print()
    {
        var path = Path.Combine(options.Data, "welcome-token");
        if (File.Exists(path) && address.First() is { } url)
        {
            Console.WriteLine($"Open {url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/welcome#token={File.ReadAllText(path)}");
        }
    }
}
