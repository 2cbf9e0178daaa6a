using System.Text.Json;
using InternPlatform.Contracts.Catalog;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>The kinds of step there are, and the recipe for whoever names none.</summary>
internal static class Recipe
{
    private const int MostSteps = 30;

    /// <summary>In the order in which they stand in the default recipe: cheap ones first, and each on what the ones before left.</summary>
    private static readonly StepKind[] Kinds =
    [
        StepKind.Of<NormalizeOptions>(NormalizeStep.Kind, options => new RuleStage(NormalizeStep.Kind, row => NormalizeStep.Apply(row, options))),
        StepKind.Of<LengthOptions>(LengthStep.Kind, options => new RuleStage(LengthStep.Kind, row => LengthStep.Apply(row, options))),
        StepKind.Of<LanguageOptions>(LanguageStep.Kind, options => new RuleStage(LanguageStep.Kind, row => LanguageStep.Apply(row, options))),
        StepKind.Of<RepetitionOptions>(RepetitionStep.Kind, options => new RuleStage(RepetitionStep.Kind, row => RepetitionStep.Apply(row, options))),
        StepKind.Of<ExactDuplicatesOptions>(ExactDuplicatesStep.Name, options => new ExactDuplicatesStep(options)),
        StepKind.Of<NearDuplicatesOptions>(NearDuplicatesStep.Name, options => new NearDuplicatesStep(options)),
    ];

    public static IReadOnlyList<CleaningStep> Default { get; } = [.. Kinds.Select(kind => new CleaningStep { Kind = kind.Name, Options = kind.Defaults })];

    /// <summary>The steps at work; null where one cannot be used, with the member of the spec and the reason.</summary>
    public static IReadOnlyList<CleaningStage>? TryRead(IReadOnlyList<CleaningStep>? steps, out (string Field, string Reason) refusal)
    {
        refusal = steps is { Count: 0 or > MostSteps } ? ("steps", $"Name 1 to {MostSteps} steps, or leave them out for the default recipe.") : default;
        var stages = new List<CleaningStage>();
        for (var i = 0; i < (steps ?? Default).Count && refusal.Field is null; i++)
        {
            var step = (steps ?? Default)[i];
            if (Kinds.FirstOrDefault(kind => kind.Name == step.Kind) is not { } known)
            {
                refusal = ($"steps[{i}].kind", $"The step '{step.Kind}' is not known. There are: {string.Join(", ", Kinds.Select(kind => kind.Name))}.");
            }
            else if (known.Make(step.Options, out var option) is { } stage)
            {
                stages.Add(stage);
            }
            else
            {
                var name = option.Option.Length > 0 ? $".{option.Option}" : "";
                refusal = ($"steps[{i}].options{name}", $"Step {i + 1} ({step.Kind}){(option.Option.Length > 0 ? $", option '{option.Option}'" : "")}: {option.Reason}");
            }
        }

        return refusal.Field is null ? stages : null;
    }

    private sealed record StepKind(string Name, JsonElement Defaults, StepKind.Maker Make)
    {
        public delegate CleaningStage? Maker(JsonElement? options, out (string Option, string Reason) refusal);

        public static StepKind Of<TOptions>(string name, Func<TOptions, CleaningStage> make)
            where TOptions : StepOptions, new() => new(
                name,
                JsonSerializer.SerializeToElement(new TOptions(), PlatformJson.Options),
                (JsonElement? options, out (string, string) refusal) => StepOptionsReader.TryRead<TOptions>(options, out refusal) is { } read ? make(read) : null);
    }
}
