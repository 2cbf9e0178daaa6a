using System.Diagnostics;
using System.Text.Json;
using InternPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>
/// Publishes what was committed: woken by each commit, and by itself for what an earlier process left. Rows are leased, so that several instances on
/// Postgres share the work; a row goes when a queue has its message. A batch is on its way at once, begun in the order of commitment; consumers
/// rely on the sequence in a message, not on the order of arrival. The bus in memory dies with its process, so there a row outlives its message a little.
/// </summary>
internal sealed partial class OutboxSweeper<TDb>(
    IServiceScopeFactory scopes, IBus bus, PlatformOptions options, JobSignals<TDb> signals, DatabaseReady<TDb> database, LoopProgress<TDb> progress, TimeProvider time,
    ILogger<OutboxSweeper<TDb>> logger) : BackgroundService
    where TDb : DbContext, IJobsDb
{
    private const int Batch = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeptBesideMemory = TimeSpan.FromSeconds(20);
    private static readonly ActivitySource Activities = new("InternPlatform.Jobs");
    private readonly bool inMemory = options.Bus == "memory";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await ForgetLeasesAsync(stoppingToken);
        while (true)
        {
            var next = signals.Outbox.Next;
            try
            {
                while (await SweepAsync(stoppingToken) == Batch)
                {
                    // There may be more.
                }
            }
            catch (Exception e) when (Servers.IsOfDatabase(e))
            {
                Log.DatabaseAway(logger, e);
            }

            await Pulse.WaitAsync(next, Interval, time, stoppingToken);
        }
    }

    /// <summary>A SQLite file has one sweeper, this one: what the last process was about to publish, or had given to its own consumers only, goes now.</summary>
    private async Task ForgetLeasesAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        if (db.Database.IsSqlite())
        {
            await db.Outbox.ExecuteUpdateAsync(
                row => row.SetProperty(r => r.LeaseUntil, (DateTimeOffset?)null).SetProperty(r => r.SentAt, (DateTimeOffset?)null), cancellationToken);
        }
    }

    /// <returns>How many rows were taken.</returns>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        progress.Round("outbox sweeper", Interval);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var now = time.GetUtcNow();
        var lease = Guid.CreateVersion7();
        var rows = db.Database.IsNpgsql() ? await LeaseTogetherAsync(db, lease, now, cancellationToken) : await LeaseAloneAsync(db, lease, now, cancellationToken);
        var errors = await Task.WhenAll(rows.Select(PublishAsync));
        foreach (var (row, error) in rows.Zip(errors).Where(pair => pair.Second is not null))
        {
            var again = now + TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(row.Tries, 10)) / 2));
            await db.Outbox.Where(r => r.Id == row.Id && r.Lease == lease)
                .ExecuteUpdateAsync(r => r.SetProperty(x => x.LeaseUntil, again).SetProperty(x => x.LastError, error), cancellationToken);
        }

        await RemoveAsync(db, lease, rows.Zip(errors).Where(pair => pair.Second is null).Select(pair => pair.First.Id).ToList(), cancellationToken);
        signals.CountPublished(errors.Count(error => error is null));
        return rows.Count;
    }

    /// <summary>Several sweepers at once, none of which waits for another's rows.</summary>
    private static async Task<List<OutboxRow>> LeaseTogetherAsync(TDb db, Guid lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var until = now + Lease;
        var rows = await db.Outbox.FromSql($"""
            UPDATE outbox SET "Lease" = {lease}, "LeaseUntil" = {until}, "Tries" = "Tries" + 1 WHERE "Id" IN
              (SELECT "Id" FROM outbox WHERE "SentAt" IS NULL AND ("LeaseUntil" IS NULL OR "LeaseUntil" < {now}) ORDER BY "Id" LIMIT {Batch} FOR UPDATE SKIP LOCKED)
            RETURNING *
            """).AsNoTracking().ToListAsync(cancellationToken);
        return [.. rows.OrderBy(row => row.Id)];
    }

    private static async Task<List<OutboxRow>> LeaseAloneAsync(TDb db, Guid lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var until = now + Lease;
        var ids = await db.Outbox.Where(row => row.SentAt == null && (row.LeaseUntil == null || row.LeaseUntil < now))
            .OrderBy(row => row.Id).Take(Batch).Select(row => row.Id).ToListAsync(cancellationToken);
        if (ids.Count == 0)
        {
            return [];
        }

        await db.Outbox.Where(row => ids.Contains(row.Id))
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.Lease, lease).SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.Tries, r => r.Tries + 1), cancellationToken);
        return await db.Outbox.AsNoTracking().Where(row => row.Lease == lease).OrderBy(row => row.Id).ToListAsync(cancellationToken);
    }

    private async Task RemoveAsync(TDb db, Guid lease, List<Guid> sent, CancellationToken cancellationToken)
    {
        var mine = db.Outbox.Where(row => sent.Contains(row.Id) && row.Lease == lease);
        if (!inMemory)
        {
            await mine.ExecuteDeleteAsync(cancellationToken);
            return;
        }

        var now = time.GetUtcNow();
        await mine.ExecuteUpdateAsync(row => row.SetProperty(r => r.SentAt, now), cancellationToken);
        var had = now - KeptBesideMemory;
        await db.Outbox.Where(row => row.SentAt < had).ExecuteDeleteAsync(cancellationToken);
    }

    /// <returns>Null when the bus has the message; else why not. A stop waits for the answer.</returns>
    private async Task<string?> PublishAsync(OutboxRow row)
    {
        // Under what wrote it, however much later and in whatever process this is.
        _ = ActivityContext.TryParse(row.TraceParent, null, isRemote: true, out var parent);
        using var activity = Activities.StartActivity("outbox publish", ActivityKind.Producer, parent);
        using var timeout = new CancellationTokenSource(PublishTimeout);
        try
        {
            var (message, type) = OutboxMessages.Read(row);
            await bus.Publish(message, type, Pipe.Execute<PublishContext>(context => Fill(context, row)), timeout.Token);
            return null;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            Log.NotConfirmed(logger, row.Type, row.Id, row.Tries);
            return "The bus did not confirm in time.";
        }
        catch (MessageReturnedException)
        {
            Log.NobodyListens(logger, row.Type, row.Id, row.Tries);
            return "No queue takes messages of this type yet.";
        }
        catch (Exception e) when (e is MassTransitException or JsonException or RabbitMQ.Client.Exceptions.RabbitMQClientException)
        {
            Log.NotPublished(logger, e, row.Type, row.Id, row.Tries);
            return e.Message;
        }
    }

    private static void Fill(PublishContext context, OutboxRow row)
    {
        context.MessageId = row.Id;
        if (context.TryGetPayload(out RabbitMqSendContext? rabbit))
        {
            // A broker confirms what no queue is bound for, too, and drops it: at a first start, all that is published before its consumer is up.
            rabbit.Mandatory = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The outbox cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The bus did not confirm {MessageType} {MessageId} in time (try {Tries})")]
        public static partial void NotConfirmed(ILogger logger, string messageType, Guid messageId, int tries);

        [LoggerMessage(LogLevel.Warning, "No queue takes {MessageType} {MessageId} yet: is its consumer's service running? (try {Tries})")]
        public static partial void NobodyListens(ILogger logger, string messageType, Guid messageId, int tries);

        [LoggerMessage(LogLevel.Error, "{MessageType} {MessageId} was not published (try {Tries})")]
        public static partial void NotPublished(ILogger logger, Exception exception, string messageType, Guid messageId, int tries);
    }
}
