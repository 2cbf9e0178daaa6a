using System.Runtime.InteropServices;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Byte-level BPE: text is split into words, a word into its UTF-8 bytes, and these are merged.</summary>
internal sealed class ByteLevelEncoder : ITextEncoder
{
    private const int LongestWord = WordCache.LongestWord / sizeof(char);

    private readonly BpeModel model;
    private readonly int[] byteTokens;
    private readonly WordMerger merger;
    private readonly WordCache cache = new();
    private readonly SpellingFinder? userDefined;
    private readonly Dictionary<string, int>? wholeWords;

    public ByteLevelEncoder(BpeModel model)
    {
        this.model = model;
        byteTokens = model.ByteTokens();
        merger = new WordMerger(Merge.Table(model.Merges));
        userDefined = model.UserDefined.Count > 0 ? new SpellingFinder(model.UserDefined) : null;
        wholeWords = model.IgnoresMerges ? WholeWords(model) : null;
    }

    public void Encode(ReadOnlySpan<char> text, bool isBeginning, IdBuffer ids, SourceMap? sources)
    {
        sources?.AddAll();
        while (userDefined is not null && userDefined.Next(text, out var length, out var id) is >= 0 and var at)
        {
            EncodeWords(text[..at], ids);
            ids.Add(id);
            text = text[(at + length)..];
        }

        EncodeWords(text, ids);
    }

    public int LengthOf(int id) => model.Tokens[id].Length;

    private void EncodeWords(ReadOnlySpan<char> text, IdBuffer ids)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = model.Splitter.EndOfWord(text, start);
            EncodeWord(text[start..end], ids);
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, IdBuffer ids)
    {
        if (word.Length > LongestWord)
        {
            ids.Add(Merged(word));
            return;
        }

        var key = MemoryMarshal.AsBytes(word);
        var slot = WordCache.SlotOf(key);
        var known = cache.Find(key, slot);
        if (known is null)
        {
            known = Merged(word);
            cache.Add(key, slot, known);
        }

        ids.Add(known);
    }

    private int[] Merged(ReadOnlySpan<char> word)
    {
        var length = Encoding.UTF8.GetByteCount(word);
        var bytes = length <= 3 * LongestWord ? stackalloc byte[length] : new byte[length];
        Encoding.UTF8.GetBytes(word, bytes);
        if (wholeWords is not null && wholeWords.TryGetValue(ByteAlphabet.Spell(bytes), out var whole))
        {
            return [whole];
        }

        var ids = length <= 3 * LongestWord ? stackalloc int[length] : new int[length];
        for (var i = 0; i < length; i++)
        {
            ids[i] = byteTokens[bytes[i]];
        }

        return ids[..merger.Merge(ids)].ToArray();
    }

    private static Dictionary<string, int> WholeWords(BpeModel model)
    {
        var apart = model.SpecialTokens.Values.Concat(model.UserDefined.Values).ToHashSet();
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < model.Tokens.Count; id++)
        {
            if (!apart.Contains(id))
            {
                words.TryAdd(ByteAlphabet.Spell(model.Tokens[id]), id);
            }
        }

        return words;
    }
}
