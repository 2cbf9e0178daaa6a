using System.Globalization;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace InternPlatform.Jobs;

/// <summary>Whether the service's database answers.</summary>
internal sealed class DatabaseCheck<TDb>(IServiceScopeFactory scopes) : IHealthCheck
    where TDb : JobsDbContext
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var server = db.Database.IsNpgsql() ? new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString()) : null;
        var shown = server is null ? "The database file of the data folder" : $"The database {server.Database} on {server.Host}:{server.Port}";
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            await db.Database.ExecuteSqlRawAsync("SELECT 1", cancellationToken);
            return HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"{shown} answers in {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms."));
        }
        catch (Exception e) when ((e as System.Data.Common.DbException ?? e.InnerException as System.Data.Common.DbException) is { } reason)
        {
            return HealthCheckResult.Unhealthy(reason is PostgresException { IsTransient: false } refusal ? $"{shown} refuses: {refusal.MessageText}." : $"{shown} does not answer ({reason.Message.TrimEnd('.')}).");
        }
    }
}

/// <summary>Whether this machine's clock goes with the database server's: assertions of 60 seconds are refused between machines whose clocks differ more.</summary>
internal sealed class ClockCheck<TDb>(IServiceScopeFactory scopes, TimeProvider time) : IHealthCheck
    where TDb : JobsDbContext
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var theirs = await scope.ServiceProvider.GetRequiredService<TDb>().Database.SqlQueryRaw<DateTimeOffset>("""SELECT clock_timestamp() AS "Value" """).SingleAsync(cancellationToken);
            var ahead = time.GetUtcNow() - theirs;
            var seconds = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(ahead.TotalSeconds):0.#} s");
            return ahead.Duration() <= Most
                ? HealthCheckResult.Healthy($"The clock of this machine is within {seconds} of the database server's.")
                : HealthCheckResult.Degraded($"The clock of this machine is {seconds} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the database server's. Let both follow one time server, or services refuse each other.");
        }
        catch (Exception e) when (e is System.Data.Common.DbException || e.InnerException is System.Data.Common.DbException)
        {
            return HealthCheckResult.Degraded("The clocks cannot be compared while the database does not answer.");
        }
    }
}

/// <summary>Whether messages leave.</summary>
internal sealed class OutboxCheck<TDb>(IEnumerable<IServiceFigures> services) : IHealthCheck
    where TDb : JobsDbContext
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var figures = await services.OfType<ServiceFigures<TDb>>().Single().TryReadAsync(cancellationToken);
        return figures switch
        {
            null => HealthCheckResult.Degraded("The outbox cannot be read while the database does not answer."),
            { OutboxRows: 0 } => HealthCheckResult.Healthy("No message waits."),
            _ when figures.OutboxAge <= Most => HealthCheckResult.Healthy($"Messages on their way: {figures.OutboxRows}."),
            _ => HealthCheckResult.Degraded(string.Create(
                CultureInfo.InvariantCulture,
                $"{figures.OutboxRows} messages wait, the oldest for {figures.OutboxAge.TotalSeconds:0} s. {figures.OutboxError ?? "The bus has not taken it yet."}")),
        };
    }
}
