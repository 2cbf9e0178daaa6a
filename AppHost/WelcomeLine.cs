using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.AppHost;

/// <summary>Prints the portal's address with the one-time token as one line to click, after each start of the platform.</summary>
internal sealed class WelcomeLine(ResourceNotificationService states, HostArguments arguments) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var printed = "";
        await foreach (var change in states.WatchAsync(stoppingToken))
        {
            var path = Path.Combine(arguments.Data, "welcome-token");
            if (change.Resource.Name is not (Embedded.Edge or Distributed.Edge) || change.Snapshot.HealthStatus != HealthStatus.Healthy || !File.Exists(path))
            {
                continue;
            }

            var token = await File.ReadAllTextAsync(path, stoppingToken);
            if (token != printed)
            {
                printed = token;
                Console.WriteLine($"Open {arguments.Address}/welcome#token={token}");
            }
        }
    }
}
