using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>D7: what cannot be handled leaves the queue to the others, is kept with its reason, and is delivered again when somebody asks.</summary>
public class DeadLetterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly Originator Operator = JobHost.Anna with { Scopes = [.. JobHost.Anna.Scopes, "admin"] };
    private readonly TemporaryFolder folder = new();

    private protected JobHost Host { get; private set; } = null!;

    private protected virtual (int Good, int Poison) Sizes => (1_000, 10);

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Host = await OpenAsync(folder.Path);

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual Task<JobHost> OpenAsync(string data) => JobHost.StartAsync(data);

    [Fact]
    [Trait("Goal", "D7")]
    public async Task Poison_is_kept_with_its_reason_stands_in_nobodys_way_and_can_be_replayed()
    {
        var (good, poison) = Sizes;
        var undisturbed = await SendAsync(Messages("count", good));
        var disturbed = await SendAsync([.. Messages("count", good), .. Messages("poison", poison)]);
        output.WriteLine($"good_p99_ms={P99(disturbed):F0} without_poison_p99_ms={P99(undisturbed):F0}");

        await EventuallyAsync(db => db.DeadLetters.CountAsync(row => row.DueAt == null, Cancel), poison, "dead letters");
        var client = Host.For(Operator);
        var page = (await client.GetFromJsonAsync<Page<DeadLetterView>>($"dead-letters?limit={Math.Min(poison, 200)}", PlatformJson.Options, Cancel))!;
        Assert.Equal(poison, page.Items.Count);
        Assert.Null(page.NextCursor);
        Assert.All(page.Items, letter =>
        {
            Assert.InRange(letter.Tries, 1, 5);
            Assert.Contains("is poison", letter.Reason, StringComparison.Ordinal);
            Assert.Equal("tests-count-transitions", letter.Queue);
            Assert.EndsWith(":JobChanged", letter.MessageType, StringComparison.Ordinal);
        });

        await Host.QueueAsync(new CountSpec { Steps = 1, Thing = "mended" });
        await EventuallyAsync(db => db.Things.CountAsync(Cancel), 1, "the remedy");
        var answer = await client.PostAsync("dead-letters/replay", null, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(poison, (await answer.Content.ReadFromJsonAsync<Replayed>(PlatformJson.Options, Cancel))!.Count);

        await EventuallyAsync(db => db.DeadLetters.CountAsync(Cancel), 0, "no dead letters");
        await EventuallyAsync(db => db.Effects.Where(row => row.Sequence == 7).CountAsync(Cancel), (2 * good) + poison, "effects");
    }

    [Fact]
    public async Task One_message_can_be_replayed_or_discarded_by_who_runs_the_platform()
    {
        await SendAsync(Messages("poison", 2));
        await EventuallyAsync(db => db.DeadLetters.CountAsync(row => row.DueAt == null, Cancel), 2, "dead letters");
        var client = Host.For(Operator);
        Assert.Equal(HttpStatusCode.Forbidden, (await Host.Client.GetAsync("dead-letters", Cancel)).StatusCode);
        var first = (await client.GetFromJsonAsync<Page<DeadLetterView>>("dead-letters?limit=1", PlatformJson.Options, Cancel))!;
        var second = (await client.GetFromJsonAsync<Page<DeadLetterView>>($"dead-letters?limit=1&cursor={first.NextCursor}", PlatformJson.Options, Cancel))!;

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"dead-letters/{first.Items[0].Id}", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync($"dead-letters/{first.Items[0].Id}", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("dead-letters/nonsense/replay", null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("dead-letters?limit=0", Cancel)).StatusCode);

        // Not mended yet: it comes back, with the same key.
        Assert.Equal(HttpStatusCode.Accepted, (await client.PostAsync($"dead-letters/{second.Items[0].Id}/replay", null, Cancel)).StatusCode);
        await EventuallyAsync(db => db.DeadLetters.CountAsync(row => row.DueAt == null && row.Tries > 0, Cancel), 1, "the message again");
        var again = (await client.GetFromJsonAsync<Page<DeadLetterView>>("dead-letters", PlatformJson.Options, Cancel))!;
        Assert.Equal(second.Items[0].MessageId, Assert.Single(again.Items).MessageId);
    }

    private static List<JobChanged> Messages(string kind, int count) => [.. Enumerable.Range(0, count).Select(_ => new JobChanged
    {
        Service = "tests",
        JobId = Guid.CreateVersion7(),
        ProjectId = Guid.Empty,
        Kind = kind,
        State = JobState.Running,
        Sequence = 7,
    })];

    /// <summary>Shuffled and at once.</summary>
    /// <returns>How long each good one took from sending to effect.</returns>
    private async Task<List<TimeSpan>> SendAsync(List<JobChanged> messages)
    {
        var bus = Host.Services.GetRequiredService<IBus>();
        var order = messages.ToArray();
        new Random(1).Shuffle(order);
        await Task.WhenAll(order.Select(message => bus.Publish(message, Cancel)));
        var good = messages.Where(message => message.Kind != "poison").Select(message => message.JobId).ToList();
        await JobHost.WaitUntilAsync(() => Task.FromResult(good.All(CountTransitions.Handled.ContainsKey)), $"{good.Count} messages handled");
        return [.. good.Select(job => CountTransitions.Handled[job].Latency)];
    }

    private static double P99(List<TimeSpan> latencies) => latencies.Order().ElementAt(latencies.Count * 99 / 100).TotalMilliseconds;

    private protected Task EventuallyAsync(Func<TestDb, Task<int>> count, int expected, string what) =>
        JobHost.WaitUntilAsync(async () => await Host.WithDbAsync(count) == expected, $"{expected} {what}");
}
