using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace InternPlatform.ServiceDefaults;

/// <summary>One bus per process with the consumers of all its services, in memory or on RabbitMQ.</summary>
internal static class MessageBus
{
    private const int MostDeliveries = 20;

    public static void AddBus(this IServiceCollection services, PlatformOptions options, IReadOnlyList<PlatformService> hosted)
    {
        services.AddMassTransit(bus =>
        {
            // It would report to its makers.
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(new ServiceQueueNames());
            foreach (var service in hosted)
            {
                service.AddConsumers(bus);
            }

            bus.AddConfigureEndpointsCallback((_, _, queue) =>
            {
                queue.UseMessageRetry(retry => retry.Exponential(4, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(400)));
                if (queue is IRabbitMqReceiveEndpointConfigurator rabbit)
                {
                    rabbit.SetQuorumQueue();
                    // A message whose consumer dies with its process comes again; brokers differ in how often by themselves.
                    rabbit.SetQueueArgument("x-delivery-limit", MostDeliveries);
                }
            });
            if (options.Bus == "memory")
            {
                bus.UsingInMemory((context, transport) => transport.ConfigureEndpoints(context));
            }
            else
            {
                bus.UsingRabbitMq((context, transport) =>
                {
                    transport.Host(new Uri(options.Bus));
                    transport.ConfigureEndpoints(context);
                });
            }
        });
        services.AddOptions<MassTransitHostOptions>().Configure(host =>
        {
            // A service whose broker is away refuses to start instead of serving half.
            host.WaitUntilStarted = true;
            host.StartTimeout = TimeSpan.FromSeconds(20);
            host.StopTimeout = TimeSpan.FromSeconds(10);
        });
    }
}

/// <summary><c>{service}-{consumer}</c>: by default two services' consumers of one name would share a queue and each lose messages.</summary>
internal sealed class ServiceQueueNames : KebabCaseEndpointNameFormatter
{
    public override string Consumer<T>() => $"{ServiceOf(typeof(T))}-{base.Consumer<T>()}";

    /// <summary>InternPlatform.Catalog → catalog; InternPlatform.Jobs.JobSweeper&lt;CatalogDb&gt; → catalog.</summary>
    private static string ServiceOf(Type consumer)
    {
        var owner = consumer.IsGenericType ? consumer.GetGenericArguments()[0] : consumer;
#pragma warning disable CA1308 // queue names are lower case
        return owner.Assembly.GetName().Name!.Split('.')[^1].ToLowerInvariant();
#pragma warning restore CA1308
    }
}
