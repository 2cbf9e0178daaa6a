using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>What a plan may build on: the run's input, its name, and the results of the steps that are over.</summary>
internal sealed record RunFacts(string RunName, StartPipeline Input, IReadOnlyDictionary<string, JsonElement> Results, TimeSpan Elapsed)
{
    public T Result<T>(string step) =>
        Results[step].Deserialize<T>(PlatformJson.Options)
            ?? throw new JsonException($"The result of step '{step}' is not a {typeof(T).Name}.");
}
