using System.Net.Http.Json;
using InternPlatform.Contracts.Health;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

/// <summary>What a service says of what it depends on, over real servers.</summary>
public sealed class HealthTests(TestServers servers)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_thing_that_a_service_depends_on_is_told_in_plain_words()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path, platform: await servers.NewAsync());
        var ended = await host.QueueAsync(new CountSpec { Steps = 1 });
        await host.WaitAsync(ended.Id, Contracts.Jobs.JobState.Succeeded);
        var health = await HealthOfAsync(host);

        Assert.All(health.Checks, check => Assert.Equal("healthy", check.State));
        Assert.Equal(["bus", "clock", "database", "disk", "loops", "outbox", "store"], health.Checks.Select(check => check.Name).Order(StringComparer.Ordinal));
        Assert.StartsWith("Connected to 127.0.0.1:", MessageOf(health, "bus"), StringComparison.Ordinal);
        Assert.Matches(@"^The database t\w+_tests on 127\.0\.0\.1:\d+ answers in \d+ ms\.$", MessageOf(health, "database"));
        Assert.DoesNotContain("for-tests-only", string.Join(' ', health.Checks.Select(check => check.Message)), StringComparison.Ordinal);
        Assert.Equal(1, health.Jobs!["succeeded"]);

        host.Time.Ahead = TimeSpan.FromMinutes(-5);
        var behind = await HealthOfAsync(host);
        Assert.Equal("degraded", behind.State);
        Assert.Contains("behind the database server's", MessageOf(behind, "clock"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_away_is_named_and_so_is_what_waits_for_it()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var folder = new TemporaryFolder();
        var (rabbit, postgres) = ((await servers.Rabbit).Port, (await servers.Postgres).Port);
        await using var broker = new TcpProxy(rabbit);
        await using var database = new TcpProxy(postgres);
        var options = (await servers.NewAsync()).ToDictionary(
            option => option.Key,
            option => option.Value.Replace($":{rabbit}/", $":{broker.Port}/", StringComparison.Ordinal)
                .Replace($"Port={postgres};", $"Port={database.Port};", StringComparison.Ordinal));
        await using var host = await JobHost.StartAsync(folder.Path, platform: options);

        broker.Cut();
        await host.QueueAsync(new CountSpec { Steps = 1 });
        host.Time.Ahead = TimeSpan.FromMinutes(1);
        var without = await UntilAsync(host, health => Check(health, "bus").State == "unhealthy" && Check(health, "outbox").State == "degraded");
        Assert.StartsWith($"No broker answers at 127.0.0.1:{broker.Port}", MessageOf(without, "bus"), StringComparison.Ordinal);
        Assert.Contains("messages wait, the oldest for", MessageOf(without, "outbox"), StringComparison.Ordinal);

        broker.Mend();
        // What nobody here listens to goes on waiting, in its own words.
        await UntilAsync(host, health => Check(health, "bus").State == "healthy" && (health.OutboxRows == 0 || MessageOf(health, "outbox").Contains("No queue takes", StringComparison.Ordinal)));

        database.Cut();
        var blind = await UntilAsync(host, health => Check(health, "database").State == "unhealthy");
        Assert.Contains($"on 127.0.0.1:{database.Port} does not answer", MessageOf(blind, "database"), StringComparison.Ordinal);
        database.Mend();
        await UntilAsync(host, health => health.State != "unhealthy");
    }

    [Fact]
    public async Task A_broker_with_a_full_disk_is_named_and_what_was_sent_arrives_when_it_has_space()
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var folder = new TemporaryFolder();
        // Of its own: the alarm stops whoever publishes.
        await using var full = new TestServers();
        await using var host = await JobHost.StartAsync(folder.Path, platform: await full.NewAsync());

        await (await full.Rabbit).ControlAsync("set_disk_free_limit", "900000GB");
        var job = await host.QueueAsync(new CountSpec { Steps = 1 });
        await host.WaitAsync(job.Id, Contracts.Jobs.JobState.Succeeded);
        var stopped = await UntilAsync(host, health => Check(health, "bus").State == "degraded");
        Assert.Matches(@"^The broker at 127\.0\.0\.1:\d+ takes no messages: .*disk", MessageOf(stopped, "bus"));
        Assert.NotEqual(0, stopped.OutboxRows);

        await (await full.Rabbit).ControlAsync("set_disk_free_limit", "1MB");
        await UntilAsync(host, health => Check(health, "bus").State == "healthy");
        await JobHost.WaitUntilAsync(() => host.WithDbAsync(db => db.Effects.AnyAsync(row => row.JobId == job.Id, Cancel)), "the effect of a message");
    }

    [Theory]
    [InlineData("intern:", "intern:wrong-", "refuses the user intern.")]
    [InlineData("/t", "/none-t", "has no virtual host 'none-t")]
    public async Task A_broker_that_refuses_ends_the_start_in_one_line(string part, string wrong, string said)
    {
        Assert.SkipWhen(TestServers.Missing is not null, TestServers.Missing ?? "");
        using var folder = new TemporaryFolder();
        var options = new Dictionary<string, string>(await servers.NewAsync());
        options["Bus"] = options["Bus"].Replace(part, wrong, StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => JobHost.StartAsync(folder.Path, platform: options));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("for-tests-only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_waited_for_and_then_named()
    {
        using var folder = new TemporaryFolder();
        var port = FreePort.Next();

        var refused = await Assert.ThrowsAsync<StartRefusedException>(
            () => JobHost.StartAsync(folder.Path, platform: new Dictionary<string, string> { ["Bus"] = $"amqp://a:b@127.0.0.1:{port}/c" }));
        Assert.StartsWith($"No broker answers at 127.0.0.1:{port}", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<ServiceHealthView> HealthOfAsync(JobHost host)
    {
        using var admin = host.For(JobHost.Anna with { Scopes = [Scopes.Admin] });
        return (await admin.GetFromJsonAsync<ServiceHealthView>("health", PlatformJson.Options, Cancel))!;
    }

    private static async Task<ServiceHealthView> UntilAsync(JobHost host, Func<ServiceHealthView, bool> isSo)
    {
        for (var tries = 0; ; tries++)
        {
            var health = await HealthOfAsync(host);
            if (isSo(health) || tries == 120)
            {
                Assert.True(isSo(health), string.Join('\n', health.Checks));
                return health;
            }

            await Task.Delay(500, Cancel);
        }
    }

    private static HealthCheckView Check(ServiceHealthView health, string name) => health.Checks.Single(check => check.Name == name);

    private static string MessageOf(ServiceHealthView health, string name) => Check(health, name).Message;
}
