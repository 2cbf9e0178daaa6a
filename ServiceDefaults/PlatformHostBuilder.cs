using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.ServiceDefaults;

/// <summary>Builds the web application of a host. Tests use it to look at routes without starting a server.</summary>
public static partial class PlatformHostBuilder
{
    /// <exception cref="StartRefusedException">The options are incomplete, or the data folder is in use.</exception>
    public static WebApplication Build(string[] args, IReadOnlyList<PlatformService> services, HostExtensions extensions)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // In short, as it is typed.
            Args = [.. args.Select(arg => arg == "--role" ? "--Platform:Role" : arg)],
            ApplicationName = extensions.ApplicationName,
            ContentRootPath = AppContext.BaseDirectory,
        });
        var options = ReadOptions(builder, extensions);
        var held = DataFolderLock.Take(options.Embedded ? options.Data : options.ServiceFolder(extensions.Name), options.Instance);
        var socket = new InternalSocket(options);
        builder.Listen(extensions.Embedded ? socket.SocketPath : null, extensions.Embedded ? "http://localhost:8080" : "http://localhost:0");
        var start = new StartState();
        builder.AddLogsAndTelemetry(extensions.Name, start);
        // Handed over by a factory, so that the container lets go of it at the end.
        builder.Services.AddSingleton(_ => held);
        builder.Services.AddSingleton(options).AddSingleton(start).AddSingleton(socket).AddSingleton<ServiceClients>();
        AddDefaults(builder.Services, services);
        foreach (var service in services)
        {
            service.AddServices(builder);
        }

        // A worker would take messages from those that answer, and wake nobody.
        builder.Services.AddBus(options, options.Serves ? services : []);
        extensions.AddServices(builder);
        var app = builder.Build();
        app.Services.GetRequiredService<DataFolderLock>();
        // Now, so that a key that cannot be used is told at the start.
        app.Services.GetRequiredService<Assertions>();
        Map(app, options.Serves ? services : [], extensions);
        return app;
    }

    internal static void Announce(WebApplication app)
    {
        app.Services.GetRequiredService<StartState>().Done = true;
        var host = app.Services.GetRequiredService<PlatformOptions>().Host;
        foreach (var url in app.Urls.Where(url => !url.Contains("unix:", StringComparison.Ordinal)))
        {
            Log.Listening(app.Services.GetRequiredService<ILogger<PlatformOptions>>(), host, url);
        }
    }

    private static PlatformOptions ReadOptions(WebApplicationBuilder builder, HostExtensions extensions)
    {
        var options = PlatformOptionsReader.Read(builder.Configuration, extensions.Embedded);
        options.Host = extensions.Name;
        options.Instance = extensions.Embedded || options.Instance.Length == 0 ? options.Host : options.Instance;
        if (!extensions.Embedded)
        {
            PlatformOptionsReader.RefuseIncomplete(options);
        }

        PlatformOptionsReader.RefuseImpossible(options);
        ((IHostApplicationBuilder)builder).Properties[typeof(PlatformOptions)] = options;
        return options;
    }

    private static void AddDefaults(IServiceCollection services, IReadOnlyList<PlatformService> hosted)
    {
        services.ConfigureHttpJsonOptions(json => PlatformJson.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<BadRequests>();
        services.AddAssertionAuthentication();
        services.AddPlainCheck<DiskCheck>("disk");
        foreach (var service in hosted)
        {
            services.AddOpenApi(service.Name, document => document.ShouldInclude = route => route.GroupName == service.Name);
        }

        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
    }

    private static void Map(WebApplication app, IReadOnlyList<PlatformService> services, HostExtensions extensions)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseMetrics();
        extensions.UseMiddleware(app);
        app.UseRouting();
        app.UseBodyLimits();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = ServiceHealth.DecidesOverReadiness }).AllowAnonymous();
        foreach (var service in services)
        {
            app.MapService(service);
        }

        if (services.Count > 0)
        {
            app.MapOpenApi("/openapi/{documentName}.json").RequireScope(Scopes.Read);
        }

        extensions.MapEndpoints(app);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Host} listens on {Url}")]
        public static partial void Listening(ILogger logger, string host, string url);
    }
}
