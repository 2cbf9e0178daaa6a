using System.Globalization;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Cuts text into the words inside which merges may happen. Our own rule, scanned by hand and written as
/// <see cref="Pattern"/> in <c>tokenizer.json</c>; a test holds the two together.
/// </summary>
/// <remarks>
/// A number character is a word of its own, and so is the space before it: a model can only copy digits that always
/// look the same. Letters and punctuation take one leading space with them, Han characters form runs, and a run of
/// white space leaves its last character to the word after it (GPT-2's rule).
/// </remarks>
internal static class WordRule
{
    // Oniguruma, which Hugging Face's library uses, does not read \uXXXX in every build: the characters themselves are safe.
    private const string HanCharacters = "\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF";

    public const string Pattern =
        @"\p{N}|[" + HanCharacters + @"]+| ?(?:(?![" + HanCharacters + @"])[\p{L}\p{M}])+| ?[^\s\p{L}\p{M}\p{N}"
        + HanCharacters + @"]+|\s+(?!\S)|\s+";

    private enum Kind : byte
    {
        Other,
        Letter,
        Number,
        Han,
        Space,
    }

    private static readonly Kind[] Kinds = BuildKinds();

    /// <summary>Index after the word that starts at <paramref name="start"/>.</summary>
    public static int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        var kind = KindAt(text, start, out var width);
        if (kind == Kind.Number)
        {
            return start + width;
        }

        if (kind != Kind.Space)
        {
            return EndOfRun(text, start + width, kind);
        }

        if (text[start] == ' ' && start + 1 < text.Length)
        {
            var next = KindAt(text, start + 1, out var nextWidth);
            if (next is Kind.Letter or Kind.Other)
            {
                return EndOfRun(text, start + 1 + nextWidth, next);
            }
        }

        var end = EndOfRun(text, start + 1, Kind.Space);
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }

    private static int EndOfRun(ReadOnlySpan<char> text, int position, Kind kind)
    {
        while (position < text.Length && KindAt(text, position, out var width) == kind)
        {
            position += width;
        }

        return position;
    }

    // A lone surrogate counts as punctuation, as the U+FFFD that it is encoded as does.
    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int width)
    {
        var character = text[index];
        width = 1;
        if (!char.IsHighSurrogate(character) || index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]))
        {
            return Kinds[character];
        }

        width = 2;
        return KindOf(Rune.GetUnicodeCategory(new Rune(character, text[index + 1])));
    }

    private static Kind[] BuildKinds()
    {
        var kinds = new Kind[char.MaxValue + 1];
        for (var c = 0; c <= char.MaxValue; c++)
        {
            kinds[c] = c switch
            {
                >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF => Kind.Han,
                _ when char.IsWhiteSpace((char)c) => Kind.Space,
                _ => KindOf(CharUnicodeInfo.GetUnicodeCategory((char)c)),
            };
        }

        return kinds;
    }

    private static Kind KindOf(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.EnclosingMark => Kind.Letter,
        <= UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Other,
    };
}
