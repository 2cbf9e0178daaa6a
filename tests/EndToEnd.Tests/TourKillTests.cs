using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>D1 [m]: kills at random moments change nothing but the time a tour takes.</summary>
public sealed class TourKillTests(ITestOutputHelper output)
{
    private const long TokenBudget = 300_000;
    private const int Kills = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Ten_kills_of_host_and_child_leave_the_same_weights_and_loss_log()
    {
        using var undisturbedData = new TemporaryFolder();
        using var disturbedData = new TemporaryFolder();
        var (undisturbed, duration) = await UndisturbedAsync(undisturbedData.Path);

        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}, undisturbed {duration.TotalSeconds:F0} s");
        var disturbed = await DisturbedAsync(disturbedData.Path, new Random(seed), duration);

        Assert.Equal(undisturbed.WeightsSha256, disturbed.WeightsSha256);
        Assert.Equal(undisturbed.LossLogSha256, disturbed.LossLogSha256);
        Assert.Equal(undisturbed.ModelArtifactId, disturbed.ModelArtifactId);
    }

    private static async Task<(PretrainResult Result, TimeSpan Duration)> UndisturbedAsync(string data)
    {
        await using var platform = new PlatformProcess(data);
        await platform.StartAsync();
        using var client = platform.ClientWith(await platform.CreateKeyAsync(await platform.SignInAsync()));
        var clock = Stopwatch.StartNew();
        var run = await client.WaitForEndAsync(await client.StartTourAsync(TokenBudget), Limit);
        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        return (await PretrainResultAsync(client, run), clock.Elapsed);
    }

    private async Task<PretrainResult> DisturbedAsync(string data, Random random, TimeSpan undisturbed)
    {
        var platform = new PlatformProcess(data);
        try
        {
            await platform.StartAsync();
            var key = await platform.CreateKeyAsync(await platform.SignInAsync());
            var tour = await StartAsync(platform, key);
            for (var kill = 0; kill < Kills; kill++)
            {
                // Most kills fall into the run; the later ones find less of it left.
                await Task.Delay(TimeSpan.FromSeconds(1 + (random.NextDouble() * undisturbed.TotalSeconds / 5)));
                platform = await KillAsync(platform, random, kill);
            }

            using var client = platform.ClientWith(key);
            var run = await client.WaitForEndAsync(tour, Limit);
            Assert.True(run.State == PipelineState.Succeeded, run.Describe());
            await NothingHappenedTwiceAsync(client, run);
            return await PretrainResultAsync(client, run);
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }

    private static async Task<Guid> StartAsync(PlatformProcess platform, string key)
    {
        using var client = platform.ClientWith(key);
        return await client.StartTourAsync(TokenBudget);
    }

    private async Task<PlatformProcess> KillAsync(PlatformProcess platform, Random random, int number)
    {
        var children = platform.Children();
        if (children.Count > 0 && random.Next(2) == 0)
        {
            var child = children[random.Next(children.Count)];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kill {number}: child {child}"));
            try
            {
                using var killed = Process.GetProcessById(child);
                killed.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                output.WriteLine("it had just ended by itself");
            }

            return platform;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kill {number}: host {platform.Id}"));
        await platform.KillAsync();
        var next = new PlatformProcess(platform.Data, port: platform.Port);
        await next.StartAsync();
        return next;
    }

    private static async Task NothingHappenedTwiceAsync(HttpClient client, PipelineRunView run)
    {
        foreach (var service in (string[])["catalog", "pretraining"])
        {
            var jobs = (await client.GetFromJsonAsync<Contracts.Page<JobView>>($"api/{service}/jobs?limit=100", PlatformProcess.Json))!.Items;
            Assert.Equal(run.Steps.Count(step => step.Service == service && step.JobId is not null), jobs.Count);
            Assert.All(jobs, job => Assert.Equal(JobState.Succeeded, job.State));
        }
    }

    private static async Task<PretrainResult> PretrainResultAsync(HttpClient client, PipelineRunView run)
    {
        var id = run.Steps.Single(step => step.Name == "pretrain").JobId;
        var job = (await client.GetFromJsonAsync<JobView>($"api/pretraining/jobs/{id}", PlatformProcess.Json))!;
        return System.Text.Json.JsonSerializer.Deserialize<PretrainResult>(job.Result!.Value, PlatformProcess.Json)!;
    }
}
