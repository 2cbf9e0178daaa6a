using System.Diagnostics;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class JobTraceTests
{
    [Theory]
    [InlineData(null, 1)]
    [InlineData("die-once", 2)]
    public async Task A_jobs_child_continues_the_trace_of_the_request_that_started_it(string? then, int attempt)
    {
        using var folder = new TemporaryFolder();
        await using var host = await JobHost.StartAsync(folder.Path);
        var trace = ActivityTraceId.CreateRandom().ToString();
        host.Client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        var job = await host.QueueAsync(new CountSpec { Steps = 2, Then = then });
        await host.WaitAsync(job.Id, JobState.Succeeded);

        var ended = await host.Client.GetFromJsonAsync<JobView>($"jobs/{job.Id}", PlatformJson.Options, TestContext.Current.CancellationToken);
        Assert.Equal(attempt, ended!.Attempt);
        Assert.Equal(trace, ended.Result!.Value.GetProperty("traceId").GetString());
    }
}
