using InternPlatform.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class LoopProgressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_loop_that_does_not_come_round_for_long_makes_its_service_not_ready()
    {
        var time = new FakeTimeProvider();
        var progress = new LoopProgress<TestDb>(time);
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(progress)).Status);
        progress.Round("supervisor", TimeSpan.FromSeconds(2));
        progress.Round("sweeper", TimeSpan.FromSeconds(4));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(progress)).Status);

        time.Advance(TimeSpan.FromSeconds(1));
        var stuck = await LookAsync(progress);
        Assert.Equal((HealthStatus.Unhealthy, "the supervisor has not come round for 61 s"), (stuck.Status, stuck.Description));

        progress.Round("supervisor", TimeSpan.FromSeconds(2));
        Assert.Equal(HealthStatus.Healthy, (await LookAsync(progress)).Status);
    }

    [Fact]
    public async Task The_loops_of_a_service_are_part_of_its_readiness()
    {
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path);
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancel);
        Assert.Equal(HealthStatus.Healthy, report.Entries["loops:tests"].Status);
    }

    private static Task<HealthCheckResult> LookAsync(LoopProgress<TestDb> progress) => progress.CheckHealthAsync(new HealthCheckContext(), Cancel);
}
