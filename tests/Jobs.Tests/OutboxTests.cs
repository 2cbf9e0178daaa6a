using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public class OutboxTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private JobHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await OpenAsync(folder.Path);

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual Task<JobHost> OpenAsync(string data) => JobHost.StartAsync(data);

    [Fact]
    public async Task Each_transition_is_published_once_it_is_committed()
    {
        var job = await host.QueueAsync(new CountSpec { Steps = 1 });
        await host.WaitAsync(job.Id, JobState.Succeeded);

        Assert.Equal([1, 2, 3, 4], await EffectsAsync(job.Id, 4));
        // Nobody here listens to what catalog would; beside a bus in memory, a row outlives its message a little.
        await EventuallyAsync(db => db.Outbox.AllAsync(row => row.SentAt != null || row.LastError!.StartsWith("No queue"), Cancel), "an outbox with nothing left to do");
    }

    [Fact]
    public async Task A_thousand_handled_messages_delivered_again_have_no_second_effect()    // D6
    {
        var messages = Enumerable.Range(0, 1_000).Select(n => new JobChanged
        {
            Service = "tests",
            JobId = Guid.CreateVersion7(),
            ProjectId = Guid.Empty,
            Kind = "count",
            State = JobState.Running,
            Sequence = 1 + (n % 5),
        }).ToList();
        var bus = host.Services.GetRequiredService<IBus>();
        await PublishAsync(bus, messages);
        await EventuallyAsync(async db => await db.Effects.CountAsync(Cancel) == 1_000, "1,000 effects");

        foreach (var ahead in (TimeSpan[])[TimeSpan.FromMinutes(31), TimeSpan.FromDays(8)])
        {
            host.Time.Ahead = ahead;
            await PublishAsync(bus, messages);
            var last = messages[0] with { JobId = Guid.CreateVersion7() };    // behind the thousand in the queue
            await bus.Publish(last, Cancel);
            await EffectsAsync(last.JobId, 1);
        }

        await EventuallyAsync(async db => await db.Effects.CountAsync(Cancel) == 1_002, "no second effect");
        Assert.Equal(1_002, await host.WithDbAsync(db => db.Inbox.CountAsync(Cancel)));
    }

    [Fact]
    public async Task A_message_that_a_dead_process_left_is_published_and_a_foreign_type_is_not_loaded()
    {
        var message = new JobChanged { Service = "tests", JobId = Guid.CreateVersion7(), ProjectId = Guid.Empty, Kind = "count", State = JobState.Failed, Sequence = 7 };
        var now = TimeProvider.System.GetUtcNow();
        await host.WithDbAsync(async db =>
        {
            var left = OutboxMessages.Row(message, now.AddMinutes(-5));
            left.Lease = Guid.CreateVersion7();
            left.LeaseUntil = now.AddSeconds(-1);
            db.Outbox.Add(left);
            db.Outbox.Add(new OutboxRow { Id = Guid.CreateVersion7(), Type = "System.Diagnostics.Process", Body = "{}", CreatedAt = now });
            return await db.SaveChangesAsync(Cancel);
        });

        Assert.Equal([7], await EffectsAsync(message.JobId, 1));
        await EventuallyAsync(db => db.Outbox.AllAsync(row => row.Type == "System.Diagnostics.Process" && row.Tries >= 1 && row.LastError != null, Cancel), "a refusal that is kept");
    }

    [Fact]
    public void Only_records_of_the_contracts_are_sent()
        => Assert.Throws<ArgumentException>(() => OutboxMessages.Row(new EffectRow { Id = Guid.Empty, JobId = Guid.Empty, Sequence = 1 }, TimeProvider.System.GetUtcNow()));

    [Fact]
    public async Task A_key_is_forgotten_after_a_day()
    {
        var first = await IdOfAsync(await JobHost.PostAsync(host.Client, new CountSpec { Steps = 1 }, key: "k"));
        Assert.Equal(first, await IdOfAsync(await JobHost.PostAsync(host.Client, new CountSpec { Steps = 1 }, key: "k")));

        host.Time.Ahead = TimeSpan.FromHours(25);

        Assert.NotEqual(first, await IdOfAsync(await JobHost.PostAsync(host.Client, new CountSpec { Steps = 2 }, key: "k")));
    }

    [Fact]
    public async Task The_work_of_an_ended_job_goes_in_time_and_its_series_stay()
    {
        var job = await host.QueueAsync(new CountSpec { Steps = 2 });
        var failed = await host.QueueAsync(new CountSpec { Then = "fail" });
        await host.WaitAsync(job.Id, JobState.Succeeded);
        await host.WaitAsync(failed.Id, JobState.Failed);
        var sweeper = ActivatorUtilities.CreateInstance<JobSweeper<TestDb>>(host.Services);
        await sweeper.SweepAsync(Cancel);
        Assert.True(Directory.Exists(WorkOf(job.Id)));

        host.Time.Ahead = TimeSpan.FromHours(2);
        await sweeper.SweepAsync(Cancel);

        Assert.False(Directory.Exists(WorkOf(job.Id)));
        Assert.True(Directory.Exists(WorkOf(failed.Id)));
        Assert.Equal(2, (await host.SquaresAsync(job.Id)).Count);
        host.Time.Ahead = TimeSpan.FromDays(8);
        await sweeper.SweepAsync(Cancel);
        Assert.False(Directory.Exists(WorkOf(failed.Id)));
    }

    private string WorkOf(Guid id) => Path.Join(folder.Path, "tests", "jobs", id.ToString(), "work");

    private static async Task<Guid> IdOfAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!.Id;
    }

    private static Task PublishAsync(IBus bus, IEnumerable<JobChanged> messages) => Task.WhenAll(messages.Select(message => bus.Publish(message, Cancel)));

    private async Task<List<long>> EffectsAsync(Guid job, int count)
    {
        await EventuallyAsync(async db => await db.Effects.CountAsync(row => row.JobId == job, Cancel) >= count, $"{count} effects");
        return await host.WithDbAsync(db => db.Effects.Where(row => row.JobId == job).OrderBy(row => row.Sequence).Select(row => row.Sequence).ToListAsync(Cancel));
    }

    private Task EventuallyAsync(Func<TestDb, Task<bool>> holds, string what) => JobHost.WaitUntilAsync(() => host.WithDbAsync(holds), what);
}
