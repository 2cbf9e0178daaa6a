namespace InternPlatform.Catalog.Sample;

/// <summary>Words in the other language, opposites, and "is" or "are".</summary>
internal static class Language
{
    public const string Kind = "lexicon";

    public static bool IsHeldOutWord(int word) => Hash.Of((ulong)word, 404) % 10 < 3;

    public static bool IsHeldOutPair(int pair) => Hash.Of((ulong)pair, 505) % 10 < 3;

    public static SampleRow Make(Draw draw) => SampleRow.Prose(
        Kind, draw, string.Join(draw.IsChinese ? "" : " ", Enumerable.Range(0, 2 + draw.Below(2)).Select(_ => Sentence(draw))));

    public static string Translate(Draw draw, Word word) =>
        draw.Say($"What is \"{word.English}\" in Chinese?", $"“{word.Chinese}”用英语怎么说？");

    public static string Opposite(Draw draw, Word word) => draw.Say($"What is the opposite of \"{word.English}\"?", $"“{word.Chinese}”的反义词是什么？");

    private static string Sentence(Draw draw)
    {
        var kind = draw.Below(draw.IsChinese ? 2 : 3);
        if (kind == 0)
        {
            var word = draw.From(World.Lexicon);
            return draw.Say($"\"{word.English}\" in Chinese is \"{word.Chinese}\".", $"“{word.Chinese}”的英语是“{word.English}”。");
        }

        return kind == 1 ? OppositeSentence(draw) : Agreement(draw);
    }

    private static string OppositeSentence(Draw draw)
    {
        var pair = draw.From(World.Opposites);
        var (first, second) = draw.Chance(.5) ? pair : (pair.Second, pair.First);
        return draw.Say($"The opposite of \"{first.English}\" is \"{second.English}\".", $"“{first.Chinese}”的反义词是“{second.Chinese}”。");
    }

    private static string Agreement(Draw draw)
    {
        string item = draw.From(World.Objects).English, colour = draw.From(World.Colours).English;
        return draw.Chance(.5) ? $"The {item} is {colour}." : $"The {Plural(item)} are {colour}.";
    }

    public static string Plural(string noun) => noun.EndsWith("sh", StringComparison.Ordinal) ? noun + "es" : noun + "s";
}
