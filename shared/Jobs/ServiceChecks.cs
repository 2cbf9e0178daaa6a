using System.Diagnostics.Metrics;
using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>What every service with a database tells of itself.</summary>
internal static class ServiceChecks
{
    public static void AddServiceChecks<TDb>(this IServiceCollection services, string service, bool server)
        where TDb : JobsDbContext
    {
        services.AddSingleton(provider => new ServiceFigures<TDb>(
            service, provider.GetRequiredService<IServiceScopeFactory>(), provider.GetRequiredService<DatabaseReady<TDb>>(), provider.GetRequiredService<JobSignals<TDb>>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton<IServiceFigures>(provider => provider.GetRequiredService<ServiceFigures<TDb>>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<ServiceFigures<TDb>>());
        services.AddSingleton<LoopProgress<TDb>>().AddHealthChecks().AddCheck<LoopProgress<TDb>>($"loops:{service}");
        services.AddPlainCheck<DatabaseCheck<TDb>>("database", service).AddPlainCheck<OutboxCheck<TDb>>("outbox", service);
        if (server)
        {
            services.AddPlainCheck<ClockCheck<TDb>>("clock", service);
        }
    }
}

/// <summary>Whether artefacts can be read and written.</summary>
internal sealed class StoreCheck(IArtifactStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy("The artefact store answers.");
        }
        catch (StoreUnreachableException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
