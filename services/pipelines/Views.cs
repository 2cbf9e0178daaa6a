using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines;

/// <summary>Rows as others see them.</summary>
internal static class Views
{
    public static PipelineRunView ToView(this PipelineRunRow run) => new()
    {
        Id = run.Id,
        Plan = run.Plan,
        Name = run.Name,
        State = run.State,
        Steps = [.. run.Ordered.Select(ToView)],
        CreatedAt = run.CreatedAt,
        EndedAt = run.EndedAt,
        Results = JsonSerializer.Deserialize<Dictionary<string, string>>(run.ResultsJson, PlatformJson.Options)!,
    };

    private static PipelineStepView ToView(StepRow step) => new()
    {
        Name = step.Name,
        Service = step.Service,
        State = step.State,
        JobId = step.StartedId,
        Progress = step.Progress,
        Problem = step.Problem,
        StartedAt = step.StartedAt,
        EndedAt = step.EndedAt,
        Path = step.Path,
        Summary = step.Summary,
    };
}
