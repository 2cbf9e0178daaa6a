using System.Diagnostics.Metrics;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InternPlatform.Jobs;

/// <summary>Jobs by state and the outbox, read from the database every few seconds at most, however often somebody asks; and as gauges while somebody measures.</summary>
internal sealed class ServiceFigures<TDb> : BackgroundService, IServiceFigures
    where TDb : JobsDbContext
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly IServiceScopeFactory scopes;
    private readonly DatabaseReady<TDb> database;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim reading = new(1);
    private readonly ObservableGauge<long> jobs;
    private ServiceFigures? last;
    private long? readAt;

    public ServiceFigures(string service, IServiceScopeFactory scopes, DatabaseReady<TDb> database, JobSignals<TDb> signals, TimeProvider time, IMeterFactory meters)
    {
        (Service, this.scopes, this.database, this.time) = (service, scopes, database, time);
        // A host's own, so that its gauges end with it.
        var meter = meters.Create("InternPlatform.Services");
        jobs = meter.CreateObservableGauge($"{service}.jobs.stored", States, "{job}", "Jobs in each state");
        meter.CreateObservableGauge($"{service}.outbox.rows", () => last?.OutboxRows ?? 0, "{message}", "Messages that are committed and not yet published");
        meter.CreateObservableGauge($"{service}.outbox.age", () => last?.OutboxAge.TotalSeconds ?? 0, "s", "How long the oldest of them has waited");
        meter.CreateObservableCounter($"{service}.outbox.published", () => signals.Published, "{message}", "Messages that the bus has confirmed");
    }

    public string Service { get; }

    public async Task<ServiceFigures?> TryReadAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            if (readAt is not { } at || time.GetElapsedTime(at) >= Interval)
            {
                last = await ReadAsync(cancellationToken);
                readAt = time.GetTimestamp();
            }

            return last;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or DbUpdateException or InvalidOperationException { InnerException: System.Data.Common.DbException })
        {
            return null;    // told by the database's own check
        }
        finally
        {
            reading.Release();
        }
    }

    public override void Dispose()
    {
        reading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            if (jobs.Enabled)
            {
                await TryReadAsync(stoppingToken);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<Measurement<long>> States() =>
        (last?.Jobs ?? new Dictionary<string, long>()).Select(state => new Measurement<long>(state.Value, new KeyValuePair<string, object?>("state", state.Key)));

    private async Task<ServiceFigures> ReadAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var states = await db.Jobs.IgnoreQueryFilters().GroupBy(job => job.State).Select(group => new { State = group.Key, Count = group.LongCount() }).ToListAsync(cancellationToken);
        var waiting = db.Outbox.Where(row => row.SentAt == null);
        var rows = await waiting.LongCountAsync(cancellationToken);
        // Ids are in the order of time, and indexed.
        var oldest = await waiting.OrderBy(row => row.Id).Select(row => new { row.CreatedAt, row.LastError }).FirstOrDefaultAsync(cancellationToken);
        var age = oldest is null ? TimeSpan.Zero : time.GetUtcNow() - oldest.CreatedAt;
        return new ServiceFigures(rows, age > TimeSpan.Zero ? age : TimeSpan.Zero, oldest?.LastError, states.ToDictionary(state => JobProblems.Camel(state.State), state => state.Count));
    }
}
