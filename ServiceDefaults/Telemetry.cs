using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace InternPlatform.ServiceDefaults;

/// <summary>Quiet logs for people; traces, metrics and logs for a collector where one is named.</summary>
internal static class Telemetry
{
    public static void AddLogsAndTelemetry(this WebApplicationBuilder builder, string host, StartState start)
    {
        builder.Logging.ClearProviders();
        builder.Logging
            .AddConsole(console =>
            {
                console.FormatterName = ReadableConsole.Name;
                // Whoever started us may have stopped reading; a full pipe would then stop every thread that says something.
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            })
            .AddConsoleFormatter<ReadableConsole, ConsoleFormatterOptions>();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("InternPlatform", LogLevel.Information);
        // Challenges are answered by us; a wrong key is not a warning.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Authentication", LogLevel.Error);
        // We listen where we were told to; Kestrel warns that it was by code.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Warning);
        // What a consumer or a broker refuses is logged once, by whoever keeps the message.
        builder.Logging.AddFilter("MassTransit.ReceiveTransport", LogLevel.None);
        builder.Logging.AddFilter("MassTransit.SendTransport", LogLevel.None);
        builder.Logging.AddFilter("MassTransit.Messages", LogLevel.None);
        // EF logs each failed statement before its caller decides whether that is an error: a name that is taken is not.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Update", LogLevel.None);
        // Told to whoever asks, each time; the causes log for themselves.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        // A failed start is told once, by PlatformHost.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => start.Done && level >= LogLevel.Warning);
        builder.Logging.AddFilter("MassTransit", level => start.Done && level >= LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        var collected = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var scraped = MetricsEndpoint.TokenOf(builder.Configuration) is not null;
        if (!collected && !scraped)
        {
            return;
        }

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Configuration["OTEL_SERVICE_NAME"] ?? host))
            .WithMetrics(metrics => Measure(metrics, scraped));
        if (collected)
        {
            builder.Logging.AddOpenTelemetry(logging => logging.IncludeFormattedMessage = true);
            telemetry
                .WithTracing(tracing => tracing
                    .AddAspNetCoreInstrumentation(web => web.Filter = context => !IsProbe(context.Request.Path))
                    .AddHttpClientInstrumentation()
                    .AddSource("MassTransit", "InternPlatform.*"))
                .UseOtlpExporter();
        }
    }

    private static bool IsProbe(PathString path) => path.StartsWithSegments("/health") || path == MetricsEndpoint.Path;

    private static void Measure(MeterProviderBuilder metrics, bool scraped)
    {
        metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation().AddMeter("MassTransit", "InternPlatform.*");
        if (scraped)
        {
            metrics.AddPrometheusExporter();
        }
    }
}
