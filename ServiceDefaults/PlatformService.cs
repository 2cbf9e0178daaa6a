using MassTransit;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.ServiceDefaults;

/// <summary>A service as a value: what it needs, what it listens to, what it answers.</summary>
/// <param name="Name">The room's name, and the last part of its URL prefix <c>/api/{Name}</c>.</param>
/// <param name="AddServices">Registers what the service needs. Eight services share one container: register nothing under a type that another service could register too.</param>
/// <param name="AddConsumers">Adds the service's message consumers; their queues are named <c>{service}-{consumer}</c>.</param>
/// <param name="MapEndpoints">Maps the routes. The builder stands at <c>/api/{Name}</c> and refuses whoever brings no assertion; see <see cref="ServiceEndpoints.Root"/> for routes elsewhere.</param>
public sealed record PlatformService(
    string Name,
    Action<IHostApplicationBuilder> AddServices,
    Action<IBusRegistrationConfigurator> AddConsumers,
    Action<IEndpointRouteBuilder> MapEndpoints)
{
    /// <summary>
    /// What the host's executable does instead of serving, by the first word of its command line:
    /// <c>&lt;host&gt; job run &lt;jobId&gt; --service catalog</c>.
    /// </summary>
    public IReadOnlyDictionary<string, ChildMain> Children { get; init; } = new Dictionary<string, ChildMain>();
}

/// <summary>The main function of a child process. Runs before any web application is built; standard input is left to it.</summary>
/// <param name="args">The whole command line, the verb included.</param>
/// <param name="cancellationToken">Set by SIGTERM and Ctrl-C.</param>
public delegate Task<int> ChildMain(string[] args, CancellationToken cancellationToken);
