using System.Text.Json;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs;

/// <summary>
/// Publishes what was committed: woken by each commit, and by itself for what an earlier process left. Rows are leased, so that several instances on
/// Postgres share the work; a row goes when the bus has confirmed its message. A batch is on its way at once, begun in the order of commitment; consumers
/// rely on the sequence in a message, not on the order of arrival.
/// </summary>
internal sealed partial class OutboxSweeper<TDb>(
    IServiceScopeFactory scopes, IBus bus, JobSignals<TDb> signals, DatabaseReady<TDb> database, LoopProgress<TDb> progress, TimeProvider time, ILogger<OutboxSweeper<TDb>> logger) : BackgroundService
    where TDb : DbContext, IJobsDb
{
    private const int Batch = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

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
            catch (Exception e) when (e is System.Data.Common.DbException or DbUpdateException)
            {
                Log.DatabaseAway(logger, e);
            }

            await Pulse.WaitAsync(next, Interval, time, stoppingToken);
        }
    }

    /// <summary>A SQLite file has one sweeper, this one: what the last process was about to publish need not wait for its lease to lapse.</summary>
    private async Task ForgetLeasesAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        if (db.Database.IsSqlite())
        {
            await db.Outbox.ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, (DateTimeOffset?)null), cancellationToken);
        }
    }

    /// <returns>How many rows were taken.</returns>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        progress.Round("outbox sweeper", Interval);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var now = time.GetUtcNow();
        var until = now + Lease;
        var lease = Guid.CreateVersion7();
        var ids = await db.Outbox.Where(row => row.LeaseUntil == null || row.LeaseUntil < now).OrderBy(row => row.Id).Take(Batch).Select(row => row.Id).ToListAsync(cancellationToken);
        if (ids.Count == 0)
        {
            return 0;
        }

        // The condition again: on Postgres another sweeper may have been faster.
        await db.Outbox.Where(row => ids.Contains(row.Id) && (row.LeaseUntil == null || row.LeaseUntil < now))
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.Lease, lease).SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.Tries, r => r.Tries + 1), cancellationToken);
        var rows = await db.Outbox.AsNoTracking().Where(row => row.Lease == lease).OrderBy(row => row.Id).ToListAsync(cancellationToken);
        var errors = await Task.WhenAll(rows.Select(PublishAsync));
        var sent = new List<Guid>(rows.Count);
        foreach (var (row, error) in rows.Zip(errors))
        {
            if (error is null)
            {
                sent.Add(row.Id);
                continue;
            }

            var again = now + TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(row.Tries, 10)) / 2));
            await db.Outbox.Where(r => r.Id == row.Id && r.Lease == lease)
                .ExecuteUpdateAsync(r => r.SetProperty(x => x.LeaseUntil, again).SetProperty(x => x.LastError, error), cancellationToken);
        }

        await db.Outbox.Where(row => sent.Contains(row.Id) && row.Lease == lease).ExecuteDeleteAsync(cancellationToken);
        return ids.Count;
    }

    /// <returns>Null when the bus has the message; else why not. A stop waits for the answer.</returns>
    private async Task<string?> PublishAsync(OutboxRow row)
    {
        using var timeout = new CancellationTokenSource(PublishTimeout);
        try
        {
            var (message, type) = OutboxMessages.Read(row);
            await bus.Publish(message, type, Pipe.Execute<PublishContext>(context => context.MessageId = row.Id), timeout.Token);
            return null;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            Log.NotConfirmed(logger, row.Type, row.Id, row.Tries);
            return "The bus did not confirm in time.";
        }
        catch (Exception e) when (e is MassTransitException or JsonException or RabbitMQ.Client.Exceptions.RabbitMQClientException)
        {
            Log.NotPublished(logger, e, row.Type, row.Id, row.Tries);
            return e.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The outbox cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The bus did not confirm {MessageType} {MessageId} in time (try {Tries})")]
        public static partial void NotConfirmed(ILogger logger, string messageType, Guid messageId, int tries);

        [LoggerMessage(LogLevel.Error, "{MessageType} {MessageId} was not published (try {Tries})")]
        public static partial void NotPublished(ILogger logger, Exception exception, string messageType, Guid messageId, int tries);
    }
}
