using System.Net.Mime;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs.DeadLetters;

/// <summary>
/// Puts kept messages that are due back into their queue, as they came. The row goes after the broker has the message: killed in between, it is delivered
/// twice, which consumers are made for.
/// </summary>
internal sealed partial class Redelivery<TDb>(
    IServiceScopeFactory scopes, IBus bus, JobSignals<TDb> signals, DatabaseReady<TDb> database, TimeProvider time, ILogger<Redelivery<TDb>> logger) : BackgroundService
    where TDb : DbContext, IJobsDb
{
    private const int Batch = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        while (true)
        {
            var next = signals.DeadLetters.Next;
            var pause = LongestPause;
            try
            {
                pause = await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (Servers.IsOfDatabase(e))
            {
                Log.DatabaseAway(logger, e);
            }

            await Pulse.WaitAsync(next, pause, time, stoppingToken);
        }
    }

    /// <returns>How long nothing will be due, as far as is known.</returns>
    private async Task<TimeSpan> SweepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var now = time.GetUtcNow();
        var due = await db.DeadLetters.AsNoTracking().Where(row => row.DueAt <= now).OrderBy(row => row.DueAt).Take(Batch).ToListAsync(cancellationToken);
        foreach (var row in due)
        {
            await RedeliverAsync(db, row, cancellationToken);
        }

        var first = await db.DeadLetters.Where(row => row.DueAt != null).MinAsync(row => row.DueAt, cancellationToken);
        var pause = (first ?? DateTimeOffset.MaxValue) - time.GetUtcNow();
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause > LongestPause ? LongestPause : pause;
    }

    private async Task RedeliverAsync(TDb db, DeadLetterRow row, CancellationToken cancellationToken)
    {
        // Leased by its own due time: another instance, or this one after a failure, comes back to it then.
        var (version, later) = (Guid.CreateVersion7(), time.GetUtcNow() + LongestPause);
        var taken = await db.DeadLetters.Where(r => r.Id == row.Id && r.Version == row.Version)
            .ExecuteUpdateAsync(r => r.SetProperty(x => x.Version, version).SetProperty(x => x.DueAt, later), cancellationToken);
        if (taken == 0)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(SendTimeout);
        try
        {
            // The exchange and not the queue: each queue has one of its name, and declaring the queue here would have to know all its arguments.
            var queue = await bus.GetSendEndpoint(new Uri($"exchange:{row.Queue}"));
            await queue.Send(new AsItCame(), Pipe.Execute<SendContext>(context => Fill(context, row)), timeout.Token);
            // Only as it was: it may be back already, having failed again.
            await db.DeadLetters.Where(r => r.Id == row.Id && r.Version == version).ExecuteDeleteAsync(cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or MassTransitException or FormatException or RabbitMQ.Client.Exceptions.RabbitMQClientException)
        {
            Log.NotRedelivered(logger, e, row.MessageId, row.Queue);
        }
    }

    private static void Fill(SendContext context, DeadLetterRow row)
    {
        context.MessageId = row.MessageId;
        context.Serializer = new KeptBody(row);
        // A person's replay begins anew.
        context.Headers.Set(QueueRules<TDb>.DeliveryHeader, row.Tries == 0 ? 1 : 2);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Kept messages cannot be read now; it is tried again")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Message {MessageId} could not be put back into {Queue}; it is tried again")]
        public static partial void NotRedelivered(ILogger logger, Exception exception, Guid messageId, string queue);
    }

    private sealed class KeptBody(DeadLetterRow row) : IMessageSerializer
    {
        public ContentType ContentType => new(row.ContentType.Length > 0 ? row.ContentType : "application/vnd.masstransit+json");

        public MessageBody GetMessageBody<T>(SendContext<T> context)
            where T : class => new BytesMessageBody(row.Body);
    }
}

/// <summary>Stands for a message whose bytes are sent unread.</summary>
internal sealed record AsItCame;
