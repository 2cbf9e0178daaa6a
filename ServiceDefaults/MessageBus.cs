using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace InternPlatform.ServiceDefaults;

/// <summary>One bus per process with the consumers of all its services, in memory or on RabbitMQ.</summary>
internal static class MessageBus
{
    private const int MostDeliveries = 20;
    private const int Prefetch = 64;

    public static void AddBus(this IServiceCollection services, PlatformOptions options, IReadOnlyList<PlatformService> hosted)
    {
        services.AddBrokerChecks(options);
        services.AddMassTransit(bus =>
        {
            // It would report to its makers.
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(new ServiceQueueNames());
            foreach (var service in hosted)
            {
                service.AddConsumers(bus);
            }

            bus.AddConfigureEndpointsCallback((context, name, queue) =>
            {
                var rules = context.GetServices<IQueueRules>().SingleOrDefault(rules => name.StartsWith($"{rules.Service}-", StringComparison.Ordinal));
                rules?.Apply(queue, name);
                if (queue is IRabbitMqReceiveEndpointConfigurator rabbit)
                {
                    SetQuorum(rabbit);
                    // A message whose consumer dies with its process comes again; brokers differ in how often by themselves, and drop it then.
                    rabbit.SetQueueArgument("x-delivery-limit", MostDeliveries);
                    rabbit.SetQueueArgument("x-dead-letter-exchange", "");
                    rabbit.SetQueueArgument("x-dead-letter-routing-key", Undeliverable(rules?.Service ?? options.Host));
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
                    foreach (var rules in context.GetServices<IQueueRules>())
                    {
                        transport.ReceiveEndpoint(Undeliverable(rules.Service), queue =>
                        {
                            queue.ConfigureConsumeTopology = false;
                            SetQuorum(queue);
                            rules.ApplyToUndeliverable(queue, Undeliverable(rules.Service));
                        });
                    }
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

    private static void SetQuorum(IRabbitMqReceiveEndpointConfigurator queue)
    {
        queue.SetQuorumQueue();
        // With the default, sixteen, a consumer that waits for its database waits once per message.
        queue.PrefetchCount = Prefetch;
    }

    private static string Undeliverable(string service) => $"{service}-undeliverable";
}

/// <summary>How one service's queues deal with what its consumers do not get through with. The service's database registers it.</summary>
public interface IQueueRules
{
    string Service { get; }

    /// <summary>A queue with consumers.</summary>
    void Apply(IReceiveEndpointConfigurator queue, string name);

    /// <summary>The queue of what the broker gave up delivering.</summary>
    void ApplyToUndeliverable(IReceiveEndpointConfigurator queue, string name);
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
