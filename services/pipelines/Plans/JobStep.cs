using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>A step that starts a job by the API that every service shares.</summary>
internal static class JobStep
{
    public static CallStep Of<TSpec, TResult>(
        string name, string service, string kind, Func<RunFacts, TSpec> spec, Func<TResult, StepOutcome> show)
        where TSpec : notnull
        where TResult : notnull => new()
        {
            Name = name,
            Service = service,
            Path = _ => $"api/{service}/jobs",
            Body = facts => new StartJob
            {
                Kind = kind,
                Name = $"{facts.RunName}: {name}",
                Spec = JsonSerializer.SerializeToElement(spec(facts), PlatformJson.Options),
            },
            StatePath = id => $"api/{service}/jobs/{id}",
            Cancel = id => new StepCancel(HttpMethod.Post, $"api/{service}/jobs/{id}/cancel"),
            Read = (answer, _) => Read(answer),
            Show = result => show(result.Deserialize<TResult>(PlatformJson.Options)
                ?? throw new JsonException($"The result of step '{name}' is not a {typeof(TResult).Name}.")),
        };

    private static StepReading Read(JsonElement answer)
    {
        var job = answer.Deserialize<JobView>(PlatformJson.Options) ?? throw new JsonException("A job is null.");
        return job.State switch
        {
            JobState.Succeeded => new StepReading(StepState.Succeeded) { Progress = job.Progress, Result = job.Result },
            JobState.Failed => new StepReading(StepState.Failed) { Progress = job.Progress, Problem = job.Problem },
            JobState.Cancelled => new StepReading(StepState.Cancelled) { Progress = job.Progress },
            _ => new StepReading(StepState.Running) { Progress = job.Progress },
        };
    }
}
