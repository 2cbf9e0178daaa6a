using System.Diagnostics;
using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary>Messages that leave when, and only when, the transaction they were added in is committed. At least once: consumers follow a business key.</summary>
public sealed class Outbox<TDb>(TDb db, TimeProvider time)
    where TDb : DbContext, IJobsDb
{
    /// <summary>Adds a message to the next SaveChanges of the same context.</summary>
    public void Add<T>(T message)
        where T : class => db.Outbox.Add(OutboxMessages.Row(message, time.GetUtcNow()));
}

/// <summary>Messages as rows. Only records of the contracts travel: a stored name never makes this process load any other type.</summary>
internal static class OutboxMessages
{
    public static OutboxRow Row<T>(T message, DateTimeOffset now)
        where T : class => typeof(T).Assembly == typeof(JobChanged).Assembly
        ? new OutboxRow
        {
            Id = Guid.CreateVersion7(),
            Type = typeof(T).FullName!,
            Body = JsonSerializer.Serialize(message, PlatformJson.Options),
            CreatedAt = now,
            TraceParent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null,
        }
        : throw new ArgumentException($"{typeof(T)} is not a record of the contracts.", nameof(message));

    public static (object Message, Type Type) Read(OutboxRow row)
    {
        var type = typeof(JobChanged).Assembly.GetType(row.Type, throwOnError: false)
            ?? throw new JsonException($"{row.Type} is not a record of the contracts.");
        return (JsonSerializer.Deserialize(row.Body, type, PlatformJson.Options)!, type);
    }
}
