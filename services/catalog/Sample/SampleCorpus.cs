namespace InternPlatform.Catalog.Sample;

/// <summary>The built-in sample: bilingual documents of a small world, made from a seed, none of them taken from anywhere.</summary>
public static class SampleCorpus
{
    /// <summary>Documents of a full sample.</summary>
    public const int DefaultRows = 60_000;

    // Weights by document. Copy and tool chat are a quarter of the tokens; see Copying.
    private static readonly (int Weight, Func<Draw, SampleRow> Make)[] Mix =
    [
        (24, Stories.Make), (26, Facts.Make), (8, Arithmetic.Make), (10, Language.Make),
        (25, Passages.MakeUnderstanding), (25, Passages.MakeReasoning), (6, Dialogues.Make), (4, Safety.Make),
        (5, Copying.MakeProse), (28, Copying.MakeChat), (14, ToolChat.Make),
    ];

    /// <summary>Rows of the mix; the first n of two calls with one seed are equal.</summary>
    public static IEnumerable<SampleRow> Rows(int seed, int count)
    {
        var draw = new Draw(seed);
        var total = Mix.Sum(part => part.Weight);
        for (var i = 0; i < count; i++)
        {
            draw.NextLanguage();
            var at = draw.Below(total);
            var part = 0;
            while (at >= Mix[part].Weight)
            {
                at -= Mix[part++].Weight;
            }

            yield return Mix[part].Make(draw);
        }
    }
}
