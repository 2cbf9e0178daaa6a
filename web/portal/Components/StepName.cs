using InternPlatform.Contracts.Pipelines;
using Microsoft.Extensions.Localization;

namespace InternPlatform.Portal.Components;

/// <summary>Steps of plans in words; a plan's step that has none keeps its own id.</summary>
internal static class StepName
{
    public static string Of(IStringLocalizer<Texts> words, PipelineStepView step) =>
        words[$"Step_{step.Name}"] is { ResourceNotFound: false } word ? word.Value : step.Name;

    public static string? Explain(IStringLocalizer<Texts> words, PipelineStepView step) =>
        words[$"StepText_{step.Name}"] is { ResourceNotFound: false } word ? word.Value : null;
}
