using System.Text.Json;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Plans;
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
        Steps = ToViews(run),
        CreatedAt = run.CreatedAt,
        EndedAt = run.EndedAt,
        Results = JsonSerializer.Deserialize<Dictionary<string, string>>(run.ResultsJson, PlatformJson.Options)!,
    };

    private static PipelineStepView[] ToViews(PipelineRunRow run)
    {
        var plan = PipelinePlans.Get(run.Plan).Steps(run.Input).ToDictionary(step => step.Name);
        return [.. run.Ordered.Select(step => ToView(step, plan[step.Name], run.Ordered.TakeWhile(other => other != step).LastOrDefault()?.Name))];
    }

    private static PipelineStepView ToView(StepRow step, PlanStep planned, string? before) => new()
    {
        After = planned.After ?? (before is null ? [] : [before]),
        IsGate = planned is GateStep,
        Round = step.Round,
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
