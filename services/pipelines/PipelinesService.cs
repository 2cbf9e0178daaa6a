using InternPlatform.Jobs;
using InternPlatform.Jobs.DeadLetters;
using InternPlatform.Pipelines.Engine;
using InternPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InternPlatform.Pipelines;

/// <summary>Durable plans that drive the other services by the routes that anyone may use.</summary>
public static class PipelinesService
{
    public const string Name = "pipelines";

    public static PlatformService Definition { get; } = new(Name, AddServices, AddConsumers, MapEndpoints);

    private static void AddServices(IHostApplicationBuilder builder)
    {
        builder.AddServiceDatabase<PipelinesDb, PipelinesSqliteDb, PipelinesPostgresDb>(Name);
        builder.AddOutbox<PipelinesDb>();
        builder.Services.AddOptions<PipelinesOptions>().BindConfiguration(PipelinesOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<EngineSignal>().AddSingleton<RunWatch>().AddSingleton<StepCalls>();
        builder.Services.AddScoped<RunStore>().AddScoped<RunAdvance>().AddScoped<StepAgain>();
        if (PlatformOptions.Of(builder).Works)
        {
            builder.Services.AddHostedService<PipelineEngine>();
        }
    }

    private static void AddConsumers(IBusRegistrationConfigurator bus) => bus.AddConsumer<JobChangedConsumer>();

    private static void MapEndpoints(IEndpointRouteBuilder pipelines)
    {
        StartRun.Map(pipelines);
        PreviewPlan.Map(pipelines);
        ListRuns.Map(pipelines);
        CancelRun.Map(pipelines);
        RetryRun.Map(pipelines);
        WatchRun.Map(pipelines);
        pipelines.MapDeadLetters<PipelinesDb>(Name);
    }
}
