using InternPlatform.Contracts.Jobs;
using InternPlatform.Jobs.DeadLetters;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using RabbitMQ.Client;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>The same over RabbitMQ, and what only a broker does.</summary>
public sealed class DistributedDeadLetterTests(TestServers servers, ITestOutputHelper output) : DeadLetterTests(output)
{
    private const string Queue = "tests-count-transitions";
    private IReadOnlyDictionary<string, string> platform = null!;

    private protected override (int Good, int Poison) Sizes => (10_000, 100);

    private protected override async Task<JobHost> OpenAsync(string data)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        platform = await servers.NewAsync();
        return await JobHost.StartAsync(data, platform: platform);
    }

    [Fact]
    [Trait("Goal", "S14")]
    public async Task Hostile_messages_make_nothing_load_and_are_all_kept()
    {
        var hostile = HostileMessages.All(500, seed: 14).ToList();
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        foreach (var message in hostile)
        {
            var properties = new BasicProperties { ContentType = message.ContentType, MessageId = $"{Guid.CreateVersion7()}", Headers = message.Headers };
            await channel.BasicPublishAsync(Queue, "", mandatory: true, properties, message.Body, Cancel);
        }

        await JobHost.WaitUntilAsync(
            async () => await Host.WithDbAsync(db => db.DeadLetters.CountAsync(row => row.DueAt == null, Cancel)) == hostile.Count,
            () => $"{hostile.Count} dead letters: {string.Join(", ", Kept().GroupBy(row => row.DueAt is null).Select(group => $"{group.Key} {group.Count()}"))}");
        Assert.False(Canary.Made);
        var rows = await Host.WithDbAsync(db => db.DeadLetters.AsNoTracking().ToListAsync(Cancel));
        Assert.All(rows, row => Assert.NotEmpty(row.Reason));
        Assert.All(rows, row => Assert.InRange(row.Body.Length, 0, 1 << 20));
        Assert.Equal(0, await Host.WithDbAsync(db => db.Effects.CountAsync(Cancel)));
        // And the queue goes on.
        await Host.QueueAsync(new CountSpec { Steps = 1 });
        await EventuallyAsync(db => db.Effects.CountAsync(row => row.Sequence == 4, Cancel), 1, "last effect of a job");
    }

    [Fact]
    public async Task A_message_that_never_gets_an_answer_ends_among_the_undeliverable_and_can_be_replayed()
    {
        await Host.DisposeAsync();
        await using (var connection = await ConnectAsync())
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancel))
        {
            await channel.BasicPublishAsync(Queue, "", mandatory: true, new BasicProperties { ContentType = "application/json" }, "not an answer"u8.ToArray(), Cancel);
            for (var taken = 0; taken <= 20;)
            {
                if (await channel.BasicGetAsync(Queue, autoAck: false, Cancel) is { } message)
                {
                    taken++;
                    await channel.BasicNackAsync(message.DeliveryTag, multiple: false, requeue: true, Cancel);
                }
            }

            Assert.Null(await channel.BasicGetAsync(Queue, autoAck: true, Cancel));
        }

        using var folder = new TemporaryFolder();
        await using var next = await JobHost.StartAsync(folder.Path, platform: platform);
        await JobHost.WaitUntilAsync(
            () => next.WithDbAsync(db => db.DeadLetters.AnyAsync(row => row.Queue == Queue && row.Reason.StartsWith("It was delivered again"), Cancel)),
            () => $"the message among {string.Join(", ", next.WithDbAsync(db => db.DeadLetters.Select(row => row.Queue + " " + row.Reason).ToListAsync(Cancel)).GetAwaiter().GetResult())}");
    }

    [Fact]
    public async Task What_is_published_before_anybody_listens_waits_for_them()
    {
        await Host.DisposeAsync();
        await using (var connection = await ConnectAsync())
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancel))
        {
            await channel.QueueDeleteAsync(Queue, cancellationToken: Cancel);
            await channel.ExchangeDeleteAsync(Queue, cancellationToken: Cancel);
        }

        using var folder = new TemporaryFolder();
        await using var deaf = await JobHost.StartAsync(folder.Path, platform: platform, listens: false);
        await deaf.WaitAsync((await deaf.QueueAsync(new CountSpec { Steps = 1 })).Id, JobState.Succeeded);
        await JobHost.WaitUntilAsync(
            () => deaf.WithDbAsync(async db => await db.Outbox.CountAsync(row => row.Type.EndsWith("JobChanged") && row.LastError!.StartsWith("No queue"), Cancel) == 4), "4 refusals");
        await deaf.DisposeAsync();

        await using var next = await JobHost.StartAsync(folder.Path, platform: platform);
        // They may arrive in any order, and the newest is what counts.
        await JobHost.WaitUntilAsync(() => next.WithDbAsync(db => db.Effects.AnyAsync(row => row.Sequence == 4, Cancel)), "the last effect");
    }

    private List<DeadLetterRow> Kept() => Host.WithDbAsync(db => db.DeadLetters.AsNoTracking().ToListAsync(Cancel)).GetAwaiter().GetResult();

    private async Task<IConnection> ConnectAsync() =>
        await new ConnectionFactory { Uri = new Uri(platform["Bus"]) }.CreateConnectionAsync(Cancel);
}
