using System.Text;
using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

/// <summary>Lines to compare tokenizers on: of the corpora, and random ones of what is hard.</summary>
internal static class Lines
{
    private static readonly string[] Files =
        ["tinyshakespeare.txt", "wiki_demo.txt", "botchan.txt", "c4_demo.jsonl", "chinese-poetry/全唐诗/poet.tang.0.json", "chinese-poetry/全唐诗/poet.tang.1000.json"];

    private static readonly string[] Hard =
    [
        "<s>", "</s>", "<unk>", "<0x41>", "[UNUSED_TOKEN_1]", "[UNUSED_TOKEN_145]", "<|im_end|>", "🙂", "👩‍👩‍👧", "ｶﾞ", "ﾊﾟｰﾃｨ", "！", "Ａ", "１", "  ", "   ", " ", "\u00A0", "\u3000", "\t", "▁",
        "!!!!!!", "======", "的的的", "㍍", "①", "½", "e\u0301", "ｆｕｌｌ", "\u200B", "hello", " world", "東京", "Привет", "ไทย", "12", "3.14", "\0", "\u00AD", "\uFEFF", "\U0001F999",
    ];

    /// <summary>Lines of the corpora, English and Chinese mixed.</summary>
    public static string[] Sample(int count, int seed)
    {
        var random = new Random(seed);
        var pools = Files.Select(file => SharedData.Find("corpora/" + file)).OfType<string>().Select(PoolOf).ToArray();
        Assert.SkipWhen(pools.Length == 0, "The corpora are not on this machine: set INTERN_DATA to the folder that holds them.");
        return [.. Enumerable.Range(0, count).Select(i => pools[i % pools.Length]).Select(pool => pool[random.Next(pool.Length)])];
    }

    public static string[] Edge(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => One(random))];
    }

    private static string[] PoolOf(string path) => [.. File.ReadLines(path).Where(line => line.Length is > 0 and < 2000)];

    private static string One(Random random)
    {
        var text = new StringBuilder();
        for (var n = random.Next(1, 16); n > 0; n--)
        {
            text.Append(random.Next(8) switch
            {
                0 => ((char)random.Next(0x20, 0xD800)).ToString(),
                1 => char.ConvertFromUtf32(random.Next(0x1F300, 0x1FAFF)),
                _ => Hard[random.Next(Hard.Length)],
            });
        }

        return text.ToString();
    }
}
