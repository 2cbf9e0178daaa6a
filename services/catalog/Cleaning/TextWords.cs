namespace InternPlatform.Catalog.Cleaning;

/// <summary>The words of a text as hashes and lengths, for counting and comparing runs of them. Upper case is lower case here, and symbols are nothing.</summary>
internal sealed class TextWords
{
    private const ulong Offset = 14695981039346656037UL;
    private const ulong Prime = 1099511628211UL;

    private readonly List<(ulong Hash, int Length)> words;
    private readonly int perWord;

    private TextWords(List<(ulong, int)> words, int perWord)
    {
        this.words = words;
        this.perWord = perWord;
        Characters = words.Sum(word => word.Item2);
    }

    /// <summary>Words, or Chinese characters.</summary>
    public int Count => words.Count;

    /// <summary>Characters in words.</summary>
    public int Characters { get; }

    /// <param name="text">The text.</param>
    /// <param name="isChinese">Each letter is a word of its own, and two make what a word is elsewhere.</param>
    public static TextWords Of(string text, bool isChinese)
    {
        var words = new List<(ulong, int)>(text.Length / (isChinese ? 1 : 5) + 1);
        foreach (var (start, length) in WordRanges.Of(text))
        {
            var word = text.AsSpan(start, length);
            if (!isChinese || !IsHan(word))
            {
                words.Add((Hash(word), length));
                continue;
            }

            foreach (var c in word)
            {
                words.Add((Mix(Offset, c), 1));
            }
        }

        return new TextWords(words, isChinese ? 2 : 1);
    }

    /// <summary>Characters of the most frequent run of so many words, all its places together; 0 where it has fewer places than asked.</summary>
    public int TopGram(int size, int places)
    {
        var counts = new Dictionary<ulong, (int Count, int Length)>(words.Count);
        var (top, length) = (1, 0);
        for (var at = 0; at + (size * perWord) <= words.Count; at++)
        {
            var (hash, characters) = Gram(at, size * perWord);
            var count = counts.GetValueOrDefault(hash).Count + 1;
            counts[hash] = (count, characters);
            if (count > top || (count == top && count > 1 && characters > length))
            {
                (top, length) = (count, characters);
            }
        }

        return top >= places ? top * length : 0;
    }

    /// <summary>Characters in runs of so many words that came before, each character once.</summary>
    public int DuplicateGrams(int size)
    {
        var seen = new HashSet<ulong>(words.Count);
        var repeated = 0;
        for (var at = 0; at + (size * perWord) <= words.Count;)
        {
            var (hash, characters) = Gram(at, size * perWord);
            if (seen.Add(hash))
            {
                at++;
            }
            else
            {
                repeated += characters;
                at += size * perWord;
            }
        }

        return repeated;
    }

    /// <summary>Hashes of all runs of so many words; of Chinese, of so many characters.</summary>
    public uint[] Shingles(int size)
    {
        var shingles = new HashSet<uint>(words.Count);
        for (var at = 0; at + size <= words.Count; at++)
        {
            var hash = Gram(at, size).Hash;
            shingles.Add((uint)(hash ^ (hash >> 32)));
        }

        return [.. shingles];
    }

    private static bool IsHan(ReadOnlySpan<char> word) => word.ContainsAnyInRange('\u3400', '\u9FFF');

    private (ulong Hash, int Characters) Gram(int at, int size)
    {
        var (hash, characters) = (Offset, 0);
        for (var i = at; i < at + size; i++)
        {
            hash = Mix(hash, words[i].Hash);
            characters += words[i].Length;
        }

        return (hash ^ (hash >> 29), characters);
    }

    private static ulong Hash(ReadOnlySpan<char> word)
    {
        var hash = Offset;
        foreach (var c in word)
        {
            hash = Mix(hash, char.ToLowerInvariant(c));
        }

        return hash;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        var mixed = (hash ^ value) * Prime;
        return (mixed ^ (mixed >> 31)) * 0x9E3779B97F4A7C15UL;
    }
}
