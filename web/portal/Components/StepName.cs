using System.Text.RegularExpressions;
using InternPlatform.Contracts.Pipelines;
using Microsoft.Extensions.Localization;

namespace InternPlatform.Portal.Components;

/// <summary>Steps of plans in words; a plan's step that has none keeps its own id. A number at the end stays a number.</summary>
internal static partial class StepName
{
    public static string Of(IStringLocalizer<Texts> words, PipelineStepView step) => Of(words, step.Name);

    public static string Of(IStringLocalizer<Texts> words, string step)
    {
        if (words[$"Step_{step}"] is { ResourceNotFound: false } word)
        {
            return word.Value;
        }

        var numbered = Numbered().Match(step);
        return numbered.Success && words[$"Step_{numbered.Groups[1].Value}"] is { ResourceNotFound: false } known ? $"{known.Value} {numbered.Groups[2].Value}" : step;
    }

    public static string? Explain(IStringLocalizer<Texts> words, PipelineStepView step) =>
        words[$"StepText_{step.Name}"] is { ResourceNotFound: false } word ? word.Value : null;

    [GeneratedRegex(@"^(.+)-(\d+)$")]
    private static partial Regex Numbered();
}
