using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.EndToEnd.Tests;

/// <summary>The distributed profile as a person starts it: the AppHost with real servers, one process per service, and processes that are killed.</summary>
public sealed class DistributedTests(ITestOutputHelper output)
{
    private const long TokenBudget = 60_000;
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private static readonly string[] Services = ["identity", "catalog", "pretraining", "finetuning", "evaluation", "deployment", "agents", "pipelines", "portal", "gateway"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_short_tour_runs_over_separate_services_though_three_of_them_are_killed() => RunAsync(async (client, data, tour) =>
    {
        foreach (var (step, service) in (IEnumerable<(string, string)>)[("tokenizer", "catalog"), ("pretrain", "pretraining"), ("evaluate-base", "pipelines")])
        {
            await UntilAsync(async () => (await client.RunAsync(tour)).Steps.Single(one => one.Name == step).State != StepState.Waiting);
            Kill(ProcessOf(data, service));
        }
    });

    /// <summary>D9: everything at once, again and again, for as long as the chain takes.</summary>
    [Fact(Explicit = true)]
    [Trait("Category", "Nightly")]
    [Trait("Goal", "D9")]
    public Task All_services_and_the_broker_are_killed_at_one_instant_and_the_chain_completes() => RunAsync(async (client, data, tour) =>
    {
        var kills = 0;
        while ((await client.RunAsync(tour)).State == PipelineState.Running)
        {
            await Task.Delay(TimeSpan.FromSeconds(Random.Shared.Next(2, 20)), Cancel);
            foreach (var process in Services.Select(service => ProcessOf(data, service)).Append(int.Parse(File.ReadAllText(Path.Combine(data, "servers", "rabbitmq", "rabbit.pid")), CultureInfo.InvariantCulture)))
            {
                Kill(process);
            }

            output.WriteLine($"kill {++kills}");
            var down = Stopwatch.StartNew();
            await UntilAsync(() => AllAnswerAsync(client));
            output.WriteLine($"all answer again after {down.Elapsed.TotalSeconds:F0} s");
            // Long enough for a step to get on.
            await Task.Delay(TimeSpan.FromSeconds(20), Cancel);
        }
    });

    private async Task RunAsync(Func<HttpClient, string, Guid, Task> disturbAsync)
    {
        Assert.SkipUnless(
            ServerScript.Has("radosgw", "ceph-mon", "ceph-osd", "ceph") && Directory.Exists("/usr/lib/postgresql") && Directory.Exists("/usr/lib/rabbitmq"),
            "the servers need the packages postgresql, rabbitmq-server, radosgw, ceph-mon, ceph-osd and ceph-common");
        using var data = new TemporaryFolder();
        var port = FreePort.Next();
        await using var host = HostProcess.Start("AppHost", ["--profile", "distributed", "--port", $"{port}", "--data", data.Path], new Dictionary<string, string>());
        var started = Stopwatch.StartNew();
        await host.WaitUntilReadyAsync($"http://localhost:{port}", Cancel, Start);
        await UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(data.Path, "welcome-token"))));
        await using var platform = new PlatformProcess(data.Path, port: port);
        using var client = platform.ClientWith(await platform.CreateKeyAsync(await platform.SignInAsync()));
        await UntilAsync(() => AllAnswerAsync(client));
        output.WriteLine($"ready after {started.Elapsed.TotalSeconds:F0} s");
        Assert.Equal(Services.Length, Services.Select(service => ProcessOf(data.Path, service)).Distinct().Count());

        var tour = await client.StartTourAsync(TokenBudget);
        await disturbAsync(client, data.Path, tour);
        var run = await WaitForEndAsync(client, tour);
        Assert.True(run.State == PipelineState.Succeeded, run.Describe() + host.Output);
        Assert.All(run.Steps, step => Assert.Equal(StepState.Succeeded, step.State));
        await UntilAsync(() => IsUnbrokenAsync(client));
        await UntilAsync(() => NothingRunsAsync(client));

        var processes = Services.Select(service => ProcessOf(data.Path, service)).ToList();
        Assert.Equal(0, await host.StopAsync(Cancel));
        // The host waits until each has let go of its folder; the process itself may need a moment more.
        await UntilAsync(() => Task.FromResult(!processes.Exists(IsAlive)));
    }

    /// <summary>Every model comes from a data set, and whatever lies between them from something.</summary>
    private static async Task<bool> IsUnbrokenAsync(HttpClient client)
    {
        var models = (await client.GetFromJsonAsync<Page<ModelView>>("api/catalog/models", PlatformProcess.Json, Cancel))!.Items;
        var whole = models.Count > 0;
        foreach (var model in models)
        {
            var lineage = (await client.GetFromJsonAsync<LineageView>($"api/catalog/lineage/{model.ArtifactId}", PlatformProcess.Json, Cancel))!;
            var made = lineage.Edges.Select(edge => edge.To).ToHashSet();
            whole &= lineage.Nodes.Any(node => node.Kind == "dataset") && lineage.Nodes.All(node => node.Kind == "dataset" || made.Contains(node.ArtifactId));
        }

        return whole;
    }

    private static async Task<bool> NothingRunsAsync(HttpClient client)
    {
        foreach (var service in Services.Except(["identity", "agents", "pipelines", "portal", "gateway"]))
        {
            if ((await client.GetFromJsonAsync<Page<JobView>>($"api/{service}/jobs?state=running", PlatformProcess.Json, Cancel))!.Items.Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Kill(int process)
    {
        using var killed = Process.GetProcessById(process);
        killed.Kill();
    }

    /// <summary>A service that was just killed answers nothing for a moment, so a call may fail.</summary>
    private static async Task<PipelineRunView> WaitForEndAsync(HttpClient client, Guid tour)
    {
        PipelineRunView? run = null;
        await UntilAsync(async () => (run = await client.RunAsync(tour)).State != PipelineState.Running);
        return run!;
    }

    private static async Task<bool> AllAnswerAsync(HttpClient client)
    {
        foreach (var service in Services.Except(["portal", "gateway"]))
        {
            using var response = await client.GetAsync($"openapi/{service}.json", Cancel);
            response.EnsureSuccessStatusCode();
        }

        using var page = await client.GetAsync("welcome", Cancel);
        return page.IsSuccessStatusCode;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (HttpRequestException) when (clock.Elapsed < Limit)
            {
                // Just killed: its gateway says so until it is back.
            }

            Assert.True(clock.Elapsed < Limit, $"not within {Limit}");
            await Task.Delay(200, Cancel);
        }
    }

    private static int ProcessOf(string data, string service) => int.Parse(File.ReadAllText(Path.Combine(data, service, $"{service}.pid")), CultureInfo.InvariantCulture);

    private static bool IsAlive(int process) => Directory.Exists($"/proc/{process}");
}
