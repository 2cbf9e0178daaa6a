using System.Reflection;
using InternPlatform.Contracts.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace InternPlatform.ServiceDefaults;

/// <summary>
/// <c>GET /api/{service}/health</c>: every check with its plain words, for those who run the platform. The checks added here do not decide over <c>/health/ready</c>: a
/// service whose database is away still answers, and says so, which an orchestrator that took it out of its list would prevent.
/// </summary>
public static class ServiceHealth
{
    private const string Told = "told";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>A check by its name; one of a single service has that service's name, since several share a container. The same again is left out.</summary>
    public static IServiceCollection AddPlainCheck<T>(this IServiceCollection services, string name, string? service = null)
        where T : class, IHealthCheck
    {
        var full = service is null ? name : $"{name}:{service}";
        if (!services.Any(added => added.ServiceType == typeof(T)))
        {
            services.AddSingleton<T>();
            services.AddHealthChecks().Add(new HealthCheckRegistration(full, provider => provider.GetRequiredService<T>(), HealthStatus.Unhealthy, [Told], Patience));
        }

        return services;
    }

    internal static bool DecidesOverReadiness(HealthCheckRegistration check) => !check.Tags.Contains(Told);

    internal static void Map(IEndpointRouteBuilder routes, string service) => routes.MapGet(
        "/health",
        (HealthCheckService checks, IEnumerable<IServiceFigures> figures, StartState start, CancellationToken cancellationToken) =>
            HandleAsync(service, checks, figures.FirstOrDefault(of => of.Service == service), start, cancellationToken)).RequireScope(Scopes.Admin);

    private static async Task<Ok<ServiceHealthView>> HandleAsync(
        string service, HealthCheckService checks, IServiceFigures? figures, StartState start, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(check => IsOf(service, check), cancellationToken);
        var found = figures is null ? null : await figures.TryReadAsync(cancellationToken);
        return TypedResults.Ok(new ServiceHealthView
        {
            Service = service,
            State = Word(report.Status),
            Version = Version,
            StartedAt = start.At,
            Checks = [.. report.Entries.OrderBy(check => check.Key, StringComparer.Ordinal).Select(check => new HealthCheckView { Name = check.Key.Split(':')[0], State = Word(check.Value.Status), Message = MessageOf(check.Value) })],
            OutboxRows = found?.OutboxRows,
            OutboxAgeSeconds = found?.OutboxAge.TotalSeconds,
            Jobs = found?.Jobs,
        });
    }

    /// <summary>MassTransit's own check is told by ours, in other words.</summary>
    private static bool IsOf(string service, HealthCheckRegistration check) =>
        !check.Tags.Contains("masstransit") && (check.Name.Split(':') is not [_, var owner] || owner == service);

    private static string Version { get; } =
        typeof(ServiceHealth).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') switch
        {
            [var number, { Length: > 8 } commit] => $"{number}+{commit[..8]}",
            { } whole => string.Join('+', whole),
            null => "",
        };

    private static string MessageOf(HealthReportEntry check) => check.Description ?? check.Exception?.Message ?? "";

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}

/// <summary>What a service with a database says of its work.</summary>
public interface IServiceFigures
{
    string Service { get; }

    /// <returns>Null while the database does not answer.</returns>
    Task<ServiceFigures?> TryReadAsync(CancellationToken cancellationToken);
}

/// <param name="OutboxRows">Messages that wait to be published.</param>
/// <param name="OutboxAge">How long the oldest has waited.</param>
/// <param name="OutboxError">Why the oldest was not published when it was last tried.</param>
/// <param name="Jobs">Jobs by state.</param>
public sealed record ServiceFigures(long OutboxRows, TimeSpan OutboxAge, string? OutboxError, IReadOnlyDictionary<string, long> Jobs);
