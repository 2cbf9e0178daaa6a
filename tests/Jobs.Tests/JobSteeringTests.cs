using System.Net;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public class JobSteeringTests(SharedJobHost shared) : IClassFixture<SharedJobHost>
{
    private JobHost Host => shared.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_job_is_cancelled()
    {
        var job = await RunningAsync(new CountSpec { Steps = 10_000, DelayMilliseconds = 10 });

        Assert.Equal(JobState.Cancelling, (await SteerAsync(job, "cancel")).State);
        await Host.WaitAsync(job, JobState.Cancelled);

        Assert.Equal([JobState.Queued, JobState.Preparing, JobState.Running, JobState.Cancelling, JobState.Cancelled], (await Host.TransitionsAsync(job)).Select(change => change.To));
        Assert.Equal(HttpStatusCode.OK, (await Host.Client.PostAsync($"jobs/{job}/cancel", null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await Host.Client.PostAsync($"jobs/{job}/resume", null, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_job_that_is_deaf_is_killed_after_the_grace_time()
    {
        var job = await RunningAsync(new CountSpec { Steps = 1, Then = "hang" });
        var worker = await WorkerAsync(job);
        await JobHost.WaitUntilAsync(async () => (await Host.LogsAsync(job)).Exists(line => line.Message == "hangs"), "a job that hangs");

        await SteerAsync(job, "cancel");
        await Host.WaitAsync(job, JobState.Cancelled);

        Assert.False(worker.IsAlive);
        Assert.Contains("killed", (await Host.TransitionsAsync(job))[^1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_job_goes_on_from_its_checkpoint()
    {
        var job = await RunningAsync(new CountSpec { Steps = 60, DelayMilliseconds = 10 });
        await JobHost.WaitAsync(Host.Client, job, view => view.Progress?.Done > 0, "under way");

        Assert.Equal(JobState.Pausing, (await SteerAsync(job, "pause")).State);
        await Host.WaitAsync(job, JobState.Paused);
        Assert.Equal(JobState.Queued, (await SteerAsync(job, "resume")).State);
        var done = await Host.WaitAsync(job, JobState.Succeeded);

        Assert.Equal(1, done.Attempt);
        Assert.Equal(60, (await Host.SquaresAsync(job)).Count);
        var logs = (await Host.LogsAsync(job)).ConvertAll(line => line.Message);
        Assert.Equal(["begins at 0", $"pauses at {logs[1].Split(' ')[^1]}", $"begins at {logs[1].Split(' ')[^1]}"], logs);
    }

    [Fact]
    public async Task What_cannot_be_is_refused()
    {
        var device = (await Host.QueueAsync(new CountSpec { Steps = 1000, DelayMilliseconds = 10 }, "device")).Id;
        var refusal = await Host.Client.PostAsync($"jobs/{device}/pause", null, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
        Assert.Contains("cannot-pause", await refusal.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        await SteerAsync(device, "cancel");
        await Host.WaitAsync(device, JobState.Cancelled);

        var done = (await Host.QueueAsync(new CountSpec())).Id;
        await Host.WaitAsync(done, JobState.Succeeded);
        foreach (var action in (string[])["cancel", "pause", "resume"])
        {
            Assert.Equal(HttpStatusCode.Conflict, (await Host.Client.PostAsync($"jobs/{done}/{action}", null, Cancel)).StatusCode);
        }
    }

    [Fact]
    public async Task A_worker_that_dies_once_is_replaced_and_the_job_goes_on()
    {
        var job = await Host.QueueAsync(new CountSpec { Steps = 5, Then = "die-once" });

        var done = await Host.WaitAsync(job.Id, JobState.Succeeded);

        Assert.Equal(2, done.Attempt);
        Assert.Equal(["begins at 0", "begins at 5"], (await Host.LogsAsync(job.Id)).Select(line => line.Message));
        Assert.Contains(await Host.TransitionsAsync(job.Id), change => change is { From: JobState.Running, To: JobState.Queued } && change.Why!.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_kills_every_worker_fails_in_the_end()
    {
        var job = await Host.QueueAsync(new CountSpec { Steps = 1, Then = "die" });

        var failed = await Host.WaitAsync(job.Id, JobState.Failed);

        Assert.Equal("urn:intern-platform:tests:job-lost", failed.Problem!.Type);
        Assert.Equal(6, failed.Attempt);
    }

    [Fact]
    public async Task A_worker_that_falls_silent_is_killed_and_replaced()
    {
        var job = await RunningAsync(new CountSpec { Steps = 150, DelayMilliseconds = 10 });
        var worker = await WorkerAsync(job);

        using (var stop = System.Diagnostics.Process.Start("kill", ["-STOP", $"{worker.Pid}"]))
        {
            await stop.WaitForExitAsync(Cancel);
        }

        var done = await Host.WaitAsync(job, JobState.Succeeded);

        Assert.False(worker.IsAlive);
        Assert.Equal(2, done.Attempt);
        Assert.Equal(150, (await Host.SquaresAsync(job)).Count);
    }

    [Fact]
    public async Task One_device_serves_one_job_at_a_time()
    {
        var jobs = new[] { await Host.QueueAsync(new CountSpec { Steps = 20, DelayMilliseconds = 20 }, "device"), await Host.QueueAsync(new CountSpec { Steps = 20, DelayMilliseconds = 20 }, "device") };
        foreach (var job in jobs)
        {
            await Host.WaitAsync(job.Id, JobState.Succeeded);
        }

        var begins = new List<DateTimeOffset>();
        foreach (var job in jobs)
        {
            begins.Add((await Host.LogsAsync(job.Id))[0].At);
        }

        Assert.True((begins[0] - begins[1]).Duration() >= TimeSpan.FromMilliseconds(20 * 20), $"they began {(begins[0] - begins[1]).Duration()} apart");
    }

    private async Task<Guid> RunningAsync(CountSpec spec)
    {
        var job = await Host.QueueAsync(spec);
        await Host.WaitAsync(job.Id, JobState.Running);
        return job.Id;
    }

    private async Task<JobView> SteerAsync(Guid job, string action)
    {
        var response = await Host.Client.PostAsync($"jobs/{job}/{action}", null, Cancel);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JobView>(PlatformJson.Options, Cancel))!;
    }

    private Task<ProcessIdentity> WorkerAsync(Guid job) => Host.WithDbAsync(async db =>
    {
        var row = await db.Jobs.AsNoTracking().SingleAsync(row => row.Id == job);
        return new ProcessIdentity(row.WorkerPid!.Value, row.WorkerStart!.Value);
    });
}
