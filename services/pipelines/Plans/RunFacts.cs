using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>What a plan may build on: the run's input, its name, and the results of the steps that are over.</summary>
internal sealed record RunFacts(string RunName, StartPipeline Input, IReadOnlyDictionary<string, JsonElement> Results, TimeSpan Elapsed)
{
    /// <summary>How often gates have sent each step back; steps that were never sent back are missing.</summary>
    public IReadOnlyDictionary<string, int> Rounds { get; init; } = new Dictionary<string, int>();

    /// <summary>What each finished step started: the id of its job, deployment or run.</summary>
    public IReadOnlyDictionary<string, Guid> Started { get; init; } = new Dictionary<string, Guid>();

    public T Result<T>(string step) =>
        Results[step].Deserialize<T>(PlatformJson.Options)
            ?? throw new JsonException($"The result of step '{step}' is not a {typeof(T).Name}.");

    public bool Has(string step) => Results.ContainsKey(step);

    public int Round(string step) => Rounds.GetValueOrDefault(step);

    /// <summary>A threshold of the plan, as the run's input may have set it.</summary>
    public double Threshold(string gate, double usual) => Input.Thresholds is { } given && given.TryGetValue(gate, out var value) ? value : usual;
}
