using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.ServiceDefaults;

/// <summary>A service whose broker is away, or does not know it, refuses to start and says in one line why. Starts before the bus does.</summary>
internal sealed class BrokerCheck(PlatformOptions options) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var broker = new Broker(options.Bus);
        var began = TimeProvider.System.GetTimestamp();
        while (await broker.AskAsync(cancellationToken) is { } refusal)
        {
            if (!refusal.MayPass || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new StartRefusedException($"{refusal.Reason} Start it, or check {PlatformOptions.Variable(nameof(PlatformOptions.Bus))}.");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Whether messages can leave and come.</summary>
internal sealed class BusCheck(IBusControl bus, PlatformOptions options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var found = bus.CheckHealth();
        if (options.Bus == "memory")
        {
            return new(found.Status == BusHealthStatus.Healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy, "Messages stay in this process.");
        }

        var broker = new Broker(options.Bus);
        if (found.Status == BusHealthStatus.Healthy)
        {
            return await broker.AlarmAsync(cancellationToken) is { } alarm ? HealthCheckResult.Degraded(alarm) : HealthCheckResult.Healthy($"Connected to {broker.Shown}.");
        }

        return HealthCheckResult.Unhealthy(await broker.AskAsync(cancellationToken) is { } refusal ? refusal.Reason : $"The broker at {broker.Shown} is back; this process is connecting again.");
    }
}

internal static class BrokerChecks
{
    public static void AddBrokerChecks(this IServiceCollection services, PlatformOptions options)
    {
        services.AddPlainCheck<BusCheck>("bus");
        if (options.Bus != "memory")
        {
            services.AddHostedService<BrokerCheck>();
        }
    }
}
