using System.Collections.Frozen;
using System.Globalization;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>
/// Tells English, Chinese and other languages apart: by script, and among languages in Latin letters by their most frequent words. Short texts of one or two
/// words give it little to go by; they count as English where nothing speaks against it.
/// </summary>
internal static class TextLanguage
{
    public const string English = "en";
    public const string Chinese = "zh";
    public const string Other = "other";

    /// <summary>Below this share of letters and digits a text is noise.</summary>
    private const double LeastReadable = 0.4;
    private const double MostAccented = 0.15;
    private const double MostOtherLetters = 0.3;

    public static IReadOnlyList<string> Names { get; } = [English, Chinese, Other];

    /// <summary>Words that only English has among the languages here.</summary>
    private static readonly FrozenSet<string> EnglishWords = Words(
        "the of and to is was for that with he she it on at by this are from have had not his her you they be or which we who their has but what will can there been if would " +
        "about all when your how does where out into my then them these some could than other its only over most made after did many before must through where much should how where's it's don't i'm");

    /// <summary>Frequent words of Spanish, French, German, Italian, Portuguese, Dutch, Indonesian, Vietnamese, Polish, Turkish and Swedish that are not English ones.</summary>
    private static readonly FrozenSet<string> ForeignWords = Words(
        "el la los las del que una por para como pero sus este esta entre cuando muy sobre también donde está sin su es un se lo y e más fue ser " +
        "le les des est une du dans qui pas sur avec sont mais nous vous cette aux été ce il elle je ne au et en puis ou où " +
        "der das und ist nicht mit sich auf für ein eine dem von zu wird auch nach bei aus wie noch nur sie ich er wir im weil sehr " +
        "di che della gli nel alla più questo sono ho mi ti ci suo sua dei delle nella ma " +
        "o da em um uma os na não com foi ele ela seu dos à " +
        "het een dat niet zijn voor met ook maar de te op nog bij naar werd " +
        "yang itu dengan untuk tidak ini dari dalam akan pada juga saya adalah ke karena oleh ada mereka dia kami bisa telah sudah aku anak orang nya ia " +
        "và của là không người trong được có cho một những các đã với này tôi anh cô ấy vào ra bị " +
        "nie jest się że jak od przez był ve bir bu için çok ile och att det som är av inte jag på");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> IsEnglish = EnglishWords.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> IsForeign = ForeignWords.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The language, and what speaks for it.</summary>
    public static (string Language, string Because) Of(string text, ScriptCounts scripts)
    {
        var readable = scripts.Letters + scripts.Digits;
        if (readable < LeastReadable * (readable + scripts.Symbols))
        {
            return (Other, Share("letters and digits", readable, readable + scripts.Symbols));
        }

        if (scripts.Letters == 0)
        {
            return (English, "no letters");
        }

        if (scripts.OtherLetters > MostOtherLetters * scripts.Letters)
        {
            return (Other, Share("letters of other scripts", scripts.OtherLetters, scripts.Letters));
        }

        if (scripts.IsChinese)
        {
            return (Chinese, Share("Chinese characters", scripts.Han, scripts.Letters));
        }

        return scripts.Accented > MostAccented * scripts.Latin
            ? (Other, Share("letters with accents", scripts.Accented, scripts.Latin))
            : ByWords(text);
    }

    private static (string Language, string Because) ByWords(string text)
    {
        int english = 0, foreign = 0, words = 0;
        Span<char> lower = stackalloc char[16];
        foreach (var range in WordRanges.Of(text))
        {
            words++;
            if (range.Length <= lower.Length)
            {
                var length = text.AsSpan(range.Start, range.Length).ToLowerInvariant(lower);
                english += IsEnglish.Contains(lower[..length]) ? 1 : 0;
                foreign += IsForeign.Contains(lower[..length]) ? 1 : 0;
            }
        }

        return foreign >= 2 && foreign > 2 * english
            ? (Other, string.Create(CultureInfo.InvariantCulture, $"{foreign} of {words} words are frequent in other languages, {english} in English"))
            : (English, string.Create(CultureInfo.InvariantCulture, $"{english} of {words} words are frequent in English"));
    }

    private static string Share(string what, int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{100d * part / Math.Max(1, whole):0} % {what}");

    private static FrozenSet<string> Words(string list) => list.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
