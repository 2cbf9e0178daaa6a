using System.Net.Http.Json;
using System.Text.Json;
using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.Tests.Support;

/// <summary>Starts and follows the tour over REST, as a script would.</summary>
public static class TourByRest
{
    /// <summary>A model of a short tour has learned next to nothing: its gates measure, and let everything pass.</summary>
    public static IReadOnlyDictionary<string, double> OpenGates { get; } = new Dictionary<string, double> { ["gate-learned"] = 0, ["gate-tuned"] = 0, ["gate-quantized"] = 1000, ["gate-agent"] = 0 };

    public static async Task<Guid> StartTourAsync(this HttpClient client, long tokenBudget)
    {
        using var response = await client.PostAsJsonAsync(
            "api/pipelines/runs", new StartPipeline { Plan = "tour", TokenBudget = tokenBudget, Thresholds = OpenGates }, PlatformProcess.Json);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<PipelineRunView>(PlatformProcess.Json))!.Id;
    }

    public static async Task<PipelineRunView> RunAsync(this HttpClient client, Guid id) =>
        (await client.GetFromJsonAsync<PipelineRunView>($"api/pipelines/runs/{id}", PlatformProcess.Json))!;

    /// <summary>Waits until the run has ended; throws with every step's state where that takes too long.</summary>
    public static async Task<PipelineRunView> WaitForEndAsync(this HttpClient client, Guid id, TimeSpan limit)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var run = await client.RunAsync(id);
            if (run.State != PipelineState.Running)
            {
                return run;
            }

            if (clock.Elapsed > limit)
            {
                throw new TimeoutException($"The tour still runs after {limit}: {Describe(run)}");
            }

            await Task.Delay(300);
        }
    }

    /// <summary>Id of the first model that /v1 serves.</summary>
    public static async Task<string> FirstModelAsync(this HttpClient client) =>
        (await client.GetFromJsonAsync<JsonElement>("v1/models")).GetProperty("data")[0].GetProperty("id").GetString()!;

    public static string Describe(this PipelineRunView run) =>
        string.Join("; ", run.Steps.Select(step => $"{step.Name} {step.State} {step.Progress?.Done}/{step.Progress?.Total} {step.Problem?.Title} {step.Problem?.Detail}"));
}
