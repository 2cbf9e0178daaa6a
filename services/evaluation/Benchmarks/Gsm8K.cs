using System.Globalization;
using System.Text.RegularExpressions;
using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>GSM8K (Cobbe et al., 2021): word problems; the last number of the solution is the answer.</summary>
internal sealed class Gsm8K() : Benchmark("gsm8k", "GSM8K", "reasoning", ["question", "answer"], [Measure.ExactMatch(true)])
{
    private const string Mark = "####";
    private const int LongestSolution = 256;

    public override Question Read(Row row)
    {
        var solution = row.Text("answer");
        var at = solution.LastIndexOf(Mark, StringComparison.Ordinal);
        var number = at < 0 ? solution : solution[(at + Mark.Length)..];
        return new Question
        {
            Row = row.Number,
            Dimension = Dimension,
            Messages = [new ChatMessage { Role = "user", Content = row.Text("question") }],
            Answer = LastNumber.In(number) ?? throw row.Wrong("answer", "No number stands after '####'."),
            Match = AnswerMatch.LastNumber,
            MaxTokens = LongestSolution,
        };
    }
}

/// <summary>The number that a solution ends with.</summary>
internal static partial class LastNumber
{
    /// <returns>As a plain decimal number without separators and trailing zeros; null where there is none.</returns>
    public static string? In(string text)
    {
        var matches = Number().Matches(text);
        return matches.Count == 0 ? null : Normal(matches[^1].Value);
    }

    private static string Normal(string written)
    {
        var digits = written.Replace(",", "", StringComparison.Ordinal);
        // Longer than a decimal holds: compared as it is written.
        return decimal.TryParse(digits, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value.ToString("0.############################", CultureInfo.InvariantCulture)
            : digits;
    }

    // A minus only where it cannot be a hyphen or a subtraction; commas only between groups of three.
    [GeneratedRegex(@"(?<![\w.)\]])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.)\]])-?\d+(?:\.\d+)?|\d+(?:\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
