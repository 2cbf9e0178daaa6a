using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InternPlatform.AppHost;

/// <summary>Aspire's dashboard, on free ports and over plain http: a fresh machine has no development certificate.</summary>
internal sealed record Dashboard(string Address, string Token)
{
    public string Url => $"{Address}/login?t={Token}";

    /// <summary>Runs before the builder is made, which reads these variables.</summary>
    public static Dashboard Prepare()
    {
        Default("ASPNETCORE_URLS");
        Default("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL");
        Default("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL");
        return new Dashboard(Environment.GetEnvironmentVariable("ASPNETCORE_URLS")!.Split(';')[0], RandomNumberGenerator.GetHexString(32, lowercase: true));
    }

    public void Configure(IDistributedApplicationBuilder builder) => builder.Configuration["AppHost:BrowserToken"] = Token;

    private static void Default(string variable)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        {
            Environment.SetEnvironmentVariable(variable, $"http://localhost:{FreePorts.Take(1)[0]}");
        }
    }
}

internal static class Quiet
{
    /// <summary>Aspire logs each start, and each health check while a process is starting as an error: the terminal is for people.</summary>
    public static void KeepQuiet(this IDistributedApplicationBuilder builder) => builder.Services.AddLogging(logging => logging
        .SetMinimumLevel(LogLevel.Error)
        .AddFilter("Aspire", LogLevel.Error)
        .AddFilter("Microsoft", LogLevel.Error)
        // That it is stopped while it starts is no failure; a real one is thrown, too.
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
        .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
}
