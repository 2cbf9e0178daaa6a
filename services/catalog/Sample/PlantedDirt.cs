using System.Text;

namespace InternPlatform.Catalog.Sample;

/// <summary>
/// Dirt among the corpus' rows, so that cleaning has something to find: what crawled text has too much of. Each planted row says so in its kind. The rows
/// of the corpus themselves are the same as without it.
/// </summary>
internal static class PlantedDirt
{
    public const string KindPrefix = "planted-";
    public const string Duplicate = KindPrefix + "duplicate";
    public const string NearDuplicate = KindPrefix + "near-duplicate";
    public const string Repetition = KindPrefix + "repetition";
    public const string Noise = KindPrefix + "noise";
    public const string Short = KindPrefix + "short";
    public const string OtherLanguage = KindPrefix + "language";

    /// <summary>Characters from which a row counts as a text worth copying; a Chinese character says as much as two.</summary>
    private const int LongEnglish = 160;
    private const int LongChinese = 80;
    private const int Remembered = 500;

    private static readonly string[] Boilerplate =
    [
        "Click here to subscribe to our newsletter.", "Read more about this story on our website.", "Buy one and get one free, only today!", "All rights reserved. Terms and conditions apply.",
        "点击这里订阅我们的新闻。", "更多精彩内容请关注我们的网站。", "今日特价，买一送一，数量有限！", "版权所有，未经许可不得转载。",
    ];

    private static readonly string[] Foreign =
    [
        "La casa de mi abuela está en un pueblo pequeño cerca del mar, donde los niños juegan todas las tardes.",
        "El perro duerme bajo la mesa mientras la familia cena y habla de las noticias del día.",
        "Le petit chat est assis sur le mur du jardin et regarde les oiseaux qui chantent dans les arbres.",
        "Nous avons mangé du pain avec du fromage, puis nous sommes allés nous promener au bord de la rivière.",
        "Der alte Mann geht jeden Morgen mit seinem Hund durch den Wald und trinkt danach eine Tasse Kaffee.",
        "Die Kinder haben gestern im Garten gespielt, weil das Wetter sehr schön und warm gewesen ist.",
        "Маленькая девочка нашла красный мяч в парке и отдала его мальчику.",
        "Каждое утро старик читает газету и пьёт горячий чай с лимоном.",
        "昨日の夜、友だちといっしょにえいがを見に行きました。とてもおもしろかったです。",
        "오늘 아침에 학교에 가는 길에 작은 고양이를 보았습니다. 아주 귀여웠어요.",
        "ذهب الولد إلى السوق مع أبيه واشترى الخبز والجبن والتفاح الأحمر.",
    ];

    private const string Symbols = "#$%&*+-/<=>@^_|~§¶¤¦°±×÷•◊■□▪►▼◄";

    /// <param name="rows">The corpus.</param>
    /// <param name="share">Of all rows that come out; below 1.</param>
    /// <param name="seed">Fixes what is planted, and where.</param>
    public static IEnumerable<SampleRow> Among(IEnumerable<SampleRow> rows, double share, int seed)
    {
        var draw = new Draw(unchecked(seed * 31 + 17));
        var originals = new List<SampleRow>();
        foreach (var row in rows)
        {
            yield return row;
            if (IsLong(row))
            {
                Remember(originals, row, draw);
            }

            // So many after each row that they are the share of all: 1 of 32 rows at 0.03 and so on, at random places.
            if (originals.Count > 0 && draw.Chance(share / (1 - share)))
            {
                yield return Plant(draw, originals);
            }
        }
    }

    private static bool IsLong(SampleRow row) => row.Text is { } text && text.Length >= (row.Language == "zh" ? LongChinese : LongEnglish);

    private static void Remember(List<SampleRow> originals, SampleRow row, Draw draw)
    {
        if (originals.Count < Remembered)
        {
            originals.Add(row);
        }
        else
        {
            originals[draw.Below(Remembered)] = row;
        }
    }

    private static SampleRow Plant(Draw draw, List<SampleRow> originals)
    {
        draw.NextLanguage();
        return draw.Below(6) switch
        {
            0 => draw.From(originals) with { Kind = Duplicate },
            1 => NearlyAs(draw.From(originals), draw),
            2 => SampleRow.Prose(Repetition, draw, string.Join(draw.Chance(.5) ? "\n" : " ", Enumerable.Repeat(draw.From(Boilerplate), 8 + draw.Below(10)))),
            3 => SampleRow.Prose(Noise, draw, originals.FindLast(row => row.Language == "zh") is { Text: { } chinese } && draw.Chance(.5) ? Mojibake(chinese) : Noisy(draw)),
            4 => SampleRow.Prose(Short, draw, draw.Say(["ok", "hm", "...", "x", "No"], ["嗯", "好", "…", "哦", "在"])),
            _ => SampleRow.Prose(OtherLanguage, draw, draw.From(Foreign)),
        };
    }

    /// <summary>One word of fifty, or one character of forty, replaced.</summary>
    private static SampleRow NearlyAs(SampleRow original, Draw draw)
    {
        var text = original.Text!;
        if (original.Language == "zh")
        {
            var characters = text.ToCharArray();
            for (var changes = 1 + (text.Length / 80); changes > 0; changes--)
            {
                characters[draw.Below(characters.Length)] = draw.From(World.Lexicon).Chinese[0];
            }

            return original with { Kind = NearDuplicate, Text = new string(characters) };
        }

        var words = text.Split(' ');
        for (var changes = 1 + (words.Length / 60); changes > 0; changes--)
        {
            words[draw.Below(words.Length)] = draw.From(World.Lexicon).English;
        }

        return original with { Kind = NearDuplicate, Text = string.Join(' ', words) };
    }

    /// <summary>UTF-8 read as Latin-1, as a broken converter leaves it.</summary>
    private static string Mojibake(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private static string Noisy(Draw draw) => string.Concat(Enumerable.Range(0, 20 + draw.Below(60)).Select(_ => draw.Chance(.1) ? ' ' : Symbols[draw.Below(Symbols.Length)]));
}
