using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>Jobs in a service. Everything is registered by the service's context type, since services share a container.</summary>
public static class JobsRegistration
{
    /// <summary>Registers supervisor and sweeper, where this process is one that works; <see cref="Outbox{TDb}"/> and the artifact store. Call it after AddServiceDatabase.</summary>
    public static IHostApplicationBuilder AddJobs<TDb>(this IHostApplicationBuilder builder, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        builder.AddOutbox<TDb>();
        builder.AddArtifacts();
        builder.Services.AddSingleton(kinds);
        builder.Services.AddSingleton<MetricFiles<TDb>>();
        if (PlatformOptions.Of(builder).Works)
        {
            builder.Services.AddHostedService<JobSupervisor<TDb>>();
            builder.Services.AddHostedService<JobSweeper<TDb>>();
        }

        return builder;
    }

    /// <summary>Only <see cref="Outbox{TDb}"/> and its sweeper: for a service that publishes and has no jobs of its own.</summary>
    public static IHostApplicationBuilder AddOutbox<TDb>(this IHostApplicationBuilder builder)
        where TDb : JobsDbContext
    {
        builder.Services.AddScoped<Outbox<TDb>>();
        builder.Services.AddHostedService<OutboxSweeper<TDb>>();
        return builder;
    }

    /// <summary>The common job API below <c>/jobs</c>.</summary>
    public static void MapJobs<TDb>(this IEndpointRouteBuilder service, JobKinds<TDb> kinds)
        where TDb : JobsDbContext
    {
        var jobs = service.MapGroup("/jobs");
        StartJobs.Map(jobs, kinds);
        ReadJobs.Map(jobs, kinds);
        SteerJobs.Map(jobs, kinds);
        StreamJobs.Map(jobs, kinds);
    }
}

/// <summary>The series of one service's jobs.</summary>
internal sealed class MetricFiles<TDb>
{
    public MetricReader Reader { get; } = new();
}
