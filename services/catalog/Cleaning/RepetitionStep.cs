using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>Limits of Rae et al. 2021, "Scaling Language Models: Methods, Analysis &amp; Insights from Training Gopher", table A1.</summary>
internal sealed record RepetitionOptions : StepOptions
{
    /// <summary>Rows narrower than this are not judged: a question and its answer repeat each other by nature. A Chinese character counts as two.</summary>
    [Range(0, int.MaxValue)]
    public int MinimumWidth { get; init; } = 160;

    /// <summary>Most lines that are copies of an earlier line, as a share of all lines.</summary>
    [Range(0d, 1d)]
    public double DuplicateLines { get; init; } = 0.30;

    /// <summary>The same by characters.</summary>
    [Range(0d, 1d)]
    public double DuplicateLineCharacters { get; init; } = 0.20;

    /// <summary>Most characters in the most frequent run of 2, 3 and 4 words, as shares of all.</summary>
    public IReadOnlyList<double> TopGrams { get; init; } = [0.20, 0.18, 0.16];

    /// <summary>The most frequent run counts from so many places on: in a text of a few sentences two or three make a large share, and mean nothing.</summary>
    [Range(2, 1000)]
    public int TopGramPlaces { get; init; } = 7;

    /// <summary>Most characters in runs of 5 to 10 words that came before, as shares of all.</summary>
    public IReadOnlyList<double> DuplicateGrams { get; init; } = [0.15, 0.14, 0.13, 0.12, 0.11, 0.10];

    public override (string Option, string Reason)? Refusal() => (TopGrams, DuplicateGrams) switch
    {
        ({ Count: not 3 }, _) => ("topGrams", "It has three shares: for runs of 2, 3 and 4 words."),
        (_, { Count: not 6 }) => ("duplicateGrams", "It has six shares: for runs of 5 to 10 words."),
        _ when TopGrams.Any(IsNoShare) => ("topGrams", "Each is from 0 to 1."),
        _ => DuplicateGrams.Any(IsNoShare) ? ("duplicateGrams", "Each is from 0 to 1.") : null,
    };

    private static bool IsNoShare(double value) => value is not (>= 0 and <= 1);
}

/// <summary>
/// The step <c>repetition</c>: drops text that says the same again and again. Words are runs of letters and digits; in Chinese text they are characters, and
/// runs are twice as long, since a word has about two characters.
/// </summary>
internal static class RepetitionStep
{
    public const string Kind = "repetition";
    private const int FirstTopGram = 2;
    private const int FirstDuplicateGram = 5;

    public static void Apply(CleaningRow row, RepetitionOptions options) =>
        row.DroppedBecause = row.Scripts.Width < options.MinimumWidth ? null : ByLines(row.Text, options) ?? ByWords(TextWords.Of(row.Text, row.Scripts.IsChinese), options);

    private static string? ByLines(string text, RepetitionOptions options)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            return null;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        int lines = 0, characters = 0, copies = 0, copiedCharacters = 0;
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            lines++;
            characters += line.Length;
            if (!seen.Add(line))
            {
                copies++;
                copiedCharacters += line.Length;
            }
        }

        return Above("lines repeated", copies, lines, options.DuplicateLines)
            ?? Above("of characters in repeated lines", copiedCharacters, characters, options.DuplicateLineCharacters);
    }

    private static string? ByWords(TextWords words, RepetitionOptions options)
    {
        for (var i = 0; i < options.TopGrams.Count; i++)
        {
            if (Above($"of characters in the most frequent run of {FirstTopGram + i} words", words.TopGram(FirstTopGram + i, options.TopGramPlaces), words.Characters, options.TopGrams[i]) is { } reason)
            {
                return reason;
            }
        }

        for (var i = options.DuplicateGrams.Count - 1; i >= 0; i--)
        {
            if (Above($"of characters in repeated runs of {FirstDuplicateGram + i} words", words.DuplicateGrams(FirstDuplicateGram + i), words.Characters, options.DuplicateGrams[i]) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private static string? Above(string what, int part, int whole, double limit) => part > limit * whole
        ? string.Create(CultureInfo.InvariantCulture, $"{100d * part / whole:0.#} % {what} (at most {100 * limit:0.#} %)")
        : null;
}
