using System.Diagnostics;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class JobLatencyTests
{
    /// <summary>Prints figures; no test asserts a time.</summary>
    [Fact]
    public async Task Figures_of_starting_a_job()
    {
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path);
        var (accepted, started) = (new List<double>(), new List<double>());
        for (var i = 0; i < 12; i++)
        {
            var watch = Stopwatch.StartNew();
            var job = await host.QueueAsync(new CountSpec());
            var posted = watch.Elapsed.TotalMilliseconds;
            await host.WaitAsync(job.Id, JobState.Succeeded);
            var story = await host.TransitionsAsync(job.Id);
            accepted.Add(posted);
            started.Add((story[1].At - story[0].At).TotalMilliseconds);
            TestContext.Current.SendDiagnosticMessage($"child start {(story[2].At - story[1].At).TotalMilliseconds:F0} ms");
        }

        TestContext.Current.SendDiagnosticMessage($"post p50 {accepted.Order().ElementAt(6):F0} ms, queued to preparing p50 {started.Order().ElementAt(6):F0} ms");
    }
}
