namespace InternPlatform.Tokenization.Tests;

/// <summary>Small bilingual training texts, made by a seeded generator, and a tokenizer trained on them once.</summary>
internal static class Texts
{
    private static readonly string[] Names = ["Zoe", "Ann", "Tom", "小明", "李雷", "韩梅梅"];
    private static readonly string[] Things = ["a red bell", "the small box", "two coins", "一个铃铛", "红色的帽子", "石桥镇"];

    public static Tokenizer Small { get; } = BpeTrainer.Train(Documents(600, 7), new BpeTrainingOptions { VocabularySize = 360 }, null, CancellationToken.None);

    public static BpeModel Bpe(this Tokenizer tokenizer) => (BpeModel)tokenizer.Model;

    public static IEnumerable<string> Documents(int count, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var name = Names[random.Next(Names.Length)];
            var thing = Things[random.Next(Things.Length)];
            yield return $"{name} found {thing} near the river, and kept {random.Next(10000)} of them.\n{name}说：“{thing}在哪里？”他数了{random.Next(100)}个。\n";
        }
    }

    /// <summary>Text of anything that UTF-16 can hold, lone surrogates only where asked.</summary>
    public static string Arbitrary(Random random, bool loneSurrogates)
    {
        string[] pieces = ["the river", " found", "铃铛", "石桥", "👩‍👩‍👧", "🙂", "e\u0301", "ｶﾞ", " ", "  ", "\n", "\r\n", "\t", "\u00A0", "12", " 7", "3.14", "<|im_end|>", "<s>", "\0", "Привет", "ไทย", "\u3000", "²", "'s", "---"];
        var text = new System.Text.StringBuilder();
        for (var n = random.Next(20); n > 0; n--)
        {
            text.Append(random.Next(6) switch
            {
                0 => char.ConvertFromUtf32(random.Next(0x10000, 0x110000)),
                1 => ((char)random.Next(0xD800)).ToString(),
                2 when loneSurrogates => ((char)random.Next(0xD800, 0xE000)).ToString(),
                _ => pieces[random.Next(pieces.Length)],
            });
        }

        return text.ToString();
    }

    /// <summary>A folder of the shared data, from <c>INTERN_DATA</c> or beside a parent folder; null where there is none.</summary>
    public static string? SharedData(string name)
    {
        var roots = Environment.GetEnvironmentVariable("INTERN_DATA") is { } named
            ? [named]
            : Parents(AppContext.BaseDirectory).Select(parent => Path.Combine(parent, "shared", "data"));
        return roots.Select(root => Path.Combine(root, name)).FirstOrDefault(Path.Exists);
    }

    private static IEnumerable<string> Parents(string? folder)
    {
        for (; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }
}
