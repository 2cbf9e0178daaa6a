using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>D1 [m]: kills at random moments change nothing but the time a tour takes.</summary>
public sealed class TourKillTests(ITestOutputHelper output)
{
    private const long TokenBudget = 100_000;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);
    private static readonly string[] ServicesWithJobs = ["catalog", "pretraining", "finetuning", "evaluation", "deployment"];

    [Fact]
    public Task Ten_kills_of_host_and_children_leave_the_same_artefacts_leaderboard_and_agent() => KillsLeaveTheSameAsync(10);

    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    public Task Twenty_kills_of_host_and_children_leave_the_same_artefacts_leaderboard_and_agent() => KillsLeaveTheSameAsync(20);

    private async Task KillsLeaveTheSameAsync(int kills)
    {
        using var undisturbedData = new TemporaryFolder();
        using var disturbedData = new TemporaryFolder();
        var (undisturbed, duration) = await UndisturbedAsync(undisturbedData.Path);

        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}, undisturbed {duration.TotalSeconds:F0} s");
        var disturbed = await DisturbedAsync(disturbedData.Path, new Random(seed), duration, kills);

        Assert.Equal(undisturbed.Results, disturbed.Results);
        Assert.Equal(undisturbed.Leaderboard, disturbed.Leaderboard);
        Assert.Equal(undisturbed.AgentSteps, disturbed.AgentSteps);
    }

    private static async Task<(Outcome Outcome, TimeSpan Duration)> UndisturbedAsync(string data)
    {
        await using var platform = new PlatformProcess(data);
        await platform.StartAsync();
        using var client = platform.ClientWith(await platform.CreateKeyAsync(await platform.SignInAsync()));
        var clock = Stopwatch.StartNew();
        var run = await client.WaitForEndAsync(await client.StartTourAsync(TokenBudget), Limit);
        Assert.True(run.State == PipelineState.Succeeded, run.Describe());
        return (await OutcomeAsync(client, run), clock.Elapsed);
    }

    private async Task<Outcome> DisturbedAsync(string data, Random random, TimeSpan undisturbed, int kills)
    {
        var platform = new PlatformProcess(data);
        try
        {
            await platform.StartAsync();
            var key = await platform.CreateKeyAsync(await platform.SignInAsync());
            var tour = await StartAsync(platform, key);
            for (var kill = 0; kill < kills; kill++)
            {
                // Random, and long enough to start and to get a little further: five losses in a row without that fail a job, as they should.
                await Task.Delay(TimeSpan.FromSeconds(5 + (random.NextDouble() * undisturbed.TotalSeconds / 3)));
                platform = await KillAsync(platform, random, kill);
            }

            using var client = platform.ClientWith(key);
            var run = await client.WaitForEndAsync(tour, Limit);
            Assert.True(run.State == PipelineState.Succeeded, run.Describe());
            await NothingHappenedTwiceAsync(client, run);
            return await OutcomeAsync(client, run);
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
        foreach (var service in ServicesWithJobs)
        {
            var jobs = await ItemsAsync<JobView>(client, $"api/{service}/jobs?limit=100");
            Assert.Equal(run.Steps.Count(step => step.Service == service && step.JobId is not null && !step.Name.StartsWith("deploy-", StringComparison.Ordinal)), jobs.Count);
            Assert.All(jobs, job => Assert.Equal(JobState.Succeeded, job.State));
        }

        Assert.Single(await ItemsAsync<AgentView>(client, "api/agents/agents"));
        Assert.Single(await ItemsAsync<AgentRunView>(client, $"api/agents/agents/{run.Name}/runs"));
    }

    private static async Task<Outcome> OutcomeAsync(HttpClient client, PipelineRunView run)
    {
        var results = new List<string>();
        foreach (var step in run.Steps.Where(step => step.JobId is not null && step.Service != "agents" && !step.Name.StartsWith("deploy-", StringComparison.Ordinal)))
        {
            var job = (await client.GetFromJsonAsync<JobView>($"api/{step.Service}/jobs/{step.JobId}", PlatformProcess.Json))!;
            results.Add($"{step.Name} {Comparable(job.Result!.Value)}");
        }

        var board = (await client.GetFromJsonAsync<LeaderboardView>("api/evaluation/leaderboard", PlatformProcess.Json))!;
        var lines = board.Rows.OrderBy(row => row.Model).Select(row => $"{row.Model} {row.ModelArtifactId} {row.Average:R} {string.Join(' ', row.Scores.Select(score => $"{score.Benchmark}/{score.Dimension}/{score.Metric}={score.Value:R} [{score.Low:R} {score.High:R}] {score.Count}/{score.Failed}/{score.Unparsed}"))}");
        var agent = (await client.GetFromJsonAsync<AgentRunView>($"api/agents/runs/{run.Steps.Single(step => step.Name == "agent-run").JobId}", PlatformProcess.Json))!;
        return new(
            string.Join('\n', results), string.Join('\n', lines),
            string.Join('\n', agent.Steps.Select(step => $"{step.Number} {step.Kind} {step.Tool} {step.ArgumentsJson} {step.Result} {step.Status} {step.Text}")));
    }

    /// <summary>All of a result but the ids that catalog draws for its data sets.</summary>
    private static string Comparable(JsonElement result) =>
        string.Join(' ', result.EnumerateObject().Where(member => member.Name != "datasetId").Select(member => $"{member.Name}={member.Value.GetRawText()}"));

    private static async Task<IReadOnlyList<T>> ItemsAsync<T>(HttpClient client, string path) =>
        (await client.GetFromJsonAsync<Contracts.Page<T>>(path, PlatformProcess.Json))!.Items;

    private sealed record Outcome(string Results, string Leaderboard, string AgentSteps);
}
