using System.Security.Cryptography;
using System.Text.Json;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs.DeadLetters;

/// <summary>
/// Keeps what a queue of this service could not be rid of, in the service's own database: both transports have one list so, it survives the process, and
/// the message leaves the queue, which others wait in. See ADR 0016.
/// </summary>
internal sealed partial class DeadLetterStore<TDb>(IServiceScopeFactory scopes, JobSignals<TDb> signals, TimeProvider time, ILogger<DeadLetterStore<TDb>> logger)
    where TDb : DbContext, IJobsDb
{
    /// <summary>Longer ones are no messages of ours; of those only the size is kept.</summary>
    public const int LargestBody = 1 << 20;
    private const int LongestReason = 2_000;
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(1);

    /// <summary>Returns when the message is safe; while the database is away that takes as long as it takes, and the queue waits.</summary>
    public async Task KeepAsync(ReceiveContext message, string queue, string reason, int tries, TimeSpan? again)
    {
        while (true)
        {
            try
            {
                await SaveAsync(message, queue, reason, tries, again);
                signals.DeadLetters.Set();
                return;
            }
            catch (Exception e) when (Servers.IsOfDatabase(e))
            {
                Log.NotKept(logger, e, queue);
                await Task.Delay(WhileAway, time, message.CancellationToken);
            }
        }
    }

    private async Task SaveAsync(ReceiveContext message, string queue, string reason, int tries, TimeSpan? again)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        var now = time.GetUtcNow();
        var body = message.Body.GetBytes();
        var id = message.GetMessageId() ?? IdOf(body);
        var row = await db.DeadLetters.SingleOrDefaultAsync(r => r.Queue == queue && r.MessageId == id, message.CancellationToken);
        if (row is null)
        {
            row = new DeadLetterRow
            {
                Id = Guid.CreateVersion7(),
                Queue = queue,
                MessageId = id,
                MessageType = TypeOf(body) is { } type ? Printable(type) : null,
                ContentType = Printable(message.ContentType?.ToString() ?? ""),
                Body = body.Length > LargestBody ? [] : body,
                Size = body.Length,
                FirstAt = now,
                Reason = "",
            };
            db.DeadLetters.Add(row);
        }

        row.Tries = tries;
        row.Reason = Printable(reason);
        row.LastAt = now;
        row.DueAt = again is null ? null : now + again;
        row.Version = Guid.CreateVersion7();
        await db.SaveChangesAsync(message.CancellationToken);
        if (again is null)
        {
            Log.Dead(logger, id, queue, tries, row.Reason);
        }
    }

    /// <summary>PostgreSQL takes no NUL in a text, and a log no control characters: a hostile message puts both into what is said about it.</summary>
    private static string Printable(string text)
    {
        var kept = text.Length > LongestReason ? text.AsSpan(0, LongestReason) : text;
        return string.Create(kept.Length, kept, (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? ' ' : from[i];
            }
        });
    }

    private static Guid IdOf(byte[] body) => new(SHA256.HashData(body).AsSpan(0, 16));

    /// <summary>For people only: the first type that the envelope names.</summary>
    private static string? TypeOf(byte[] body)
    {
        if (body.Length > LargestBody)
        {
            return null;
        }

        try
        {
            using var envelope = JsonDocument.Parse(body);
            return envelope.RootElement.ValueKind == JsonValueKind.Object
                && envelope.RootElement.TryGetProperty("messageType", out var types) && types.ValueKind == JsonValueKind.Array
                && types.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.String } first
                && first.GetString() is { Length: < 300 } name
                ? name
                : null;
        }
        catch (JsonException)
        {
            return null;    // no envelope at all, which its reason says
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Message {MessageId} of {Queue} is kept for a person after {Tries} tries: {Reason}")]
        public static partial void Dead(ILogger logger, Guid messageId, string queue, int tries, string reason);

        [LoggerMessage(LogLevel.Warning, "A failed message of {Queue} cannot be kept now; it stays in the queue meanwhile")]
        public static partial void NotKept(ILogger logger, Exception exception, string queue);
    }
}
