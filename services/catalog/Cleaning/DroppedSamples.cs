using InternPlatform.Catalog.Tokens;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>Twenty of the rows that a step dropped, each with the same chance: Vitter's reservoir (1985), with choices that a seed fixes.</summary>
internal sealed class DroppedSamples
{
    public const int Most = 20;
    private const int LongestText = 300;
    private const int Seed = 20;

    private readonly List<DroppedRow> samples = new(Most);
    private long seen;

    public void Add(CleaningRow row)
    {
        if (samples.Count < Most)
        {
            samples.Add(SampleOf(row));
        }
        else if (Math.BigMul(SeededOrder.Hash(Seed, seen), (ulong)(seen + 1), out _) is var place and < Most)
        {
            samples[(int)place] = SampleOf(row);
        }

        seen++;
    }

    public IReadOnlyList<DroppedRow> InOrder() => [.. samples.OrderBy(sample => sample.Row)];

    private static DroppedRow SampleOf(CleaningRow row) => new() { Row = row.Index, Text = Begin(row.Text), Reason = row.DroppedBecause! };

    private static string Begin(string text)
    {
        var cut = text.Length > LongestText && char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText;
        return text.Length <= LongestText ? text : text[..cut] + "…";
    }
}
