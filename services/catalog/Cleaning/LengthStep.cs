using System.ComponentModel.DataAnnotations;

namespace InternPlatform.Catalog.Cleaning;

internal sealed record LengthOptions : StepOptions
{
    /// <summary>Fewest characters. Short answers and facts are worth learning; a word alone is not.</summary>
    [Range(0, int.MaxValue)]
    public int Minimum { get; init; } = 6;

    /// <summary>Most characters.</summary>
    [Range(1, int.MaxValue)]
    public int Maximum { get; init; } = 200_000;

    public override (string Option, string Reason)? Refusal() => Minimum <= Maximum ? null : ("minimum", "It is not above 'maximum'.");
}

/// <summary>The step <c>length</c>: drops what is too short to say something, and what is too long to be one document.</summary>
internal static class LengthStep
{
    public const string Kind = "length";

    public static void Apply(CleaningRow row, LengthOptions options)
    {
        var length = row.Text.Length;
        row.DroppedBecause = length < options.Minimum ? $"{length} characters (at least {options.Minimum})"
            : length > options.Maximum ? $"{length} characters (at most {options.Maximum})"
            : null;
    }
}
