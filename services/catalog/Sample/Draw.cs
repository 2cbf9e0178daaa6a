namespace InternPlatform.Catalog.Sample;

/// <summary>Seeded choices, and the language of the row being made.</summary>
internal sealed class Draw(int seed)
{
    private readonly Random random = new(seed);

    public bool IsChinese { get; private set; }

    public string Language => IsChinese ? "zh" : "en";

    /// <summary>Half the rows are in each language.</summary>
    public void NextLanguage() => IsChinese = random.Next(2) == 0;

    public void SetLanguage(bool isChinese) => IsChinese = isChinese;

    public int Below(int bound) => random.Next(bound);

    public bool Chance(double probability) => random.NextDouble() < probability;

    public T From<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>Different items, in random order.</summary>
    public T[] Several<T>(IReadOnlyList<T> items, int count)
    {
        var order = Enumerable.Range(0, items.Count).ToArray();
        random.Shuffle(order);
        return [.. order.Take(count).Select(i => items[i])];
    }

    /// <summary>The word in the row's language.</summary>
    public string In(Word word) => IsChinese ? word.Chinese : word.English;

    /// <summary>One of several phrasings in the row's language.</summary>
    public string Say(IReadOnlyList<string> english, IReadOnlyList<string> chinese) => From(IsChinese ? chinese : english);

    public string Say(string english, string chinese) => IsChinese ? chinese : english;
}

/// <summary>A word in both languages.</summary>
internal sealed record Word(string English, string Chinese);
