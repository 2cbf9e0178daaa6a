using System.Globalization;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Regular expressions that most byte-level vocabularies split text by (GPT-2, Llama 3, Qwen2), scanned by hand: several times as fast, in time that grows with the text alone, and by
/// characters, where .NET's expressions see two halves of a letter outside the first plane. A test holds them to the expressions.
/// </summary>
internal sealed class KnownPattern
{
    /// <summary>The rule that ByteLevel applies when a file says <c>use_regex: true</c>.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // As llama.cpp spells it, and as tokenizer.json files do.
    private const string Contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
    private const string CaselessContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Words = @"|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Llama3 = Contractions + Words + @"\p{N}{1,3}" + Rest;
    public const string Qwen2 = Contractions + Words + @"\p{N}" + Rest;

    private static readonly Dictionary<string, KnownPattern> All = new(StringComparer.Ordinal)
    {
        [Gpt2] = new(isGpt2: true, digits: int.MaxValue),
        [Llama3] = new(isGpt2: false, digits: 3),
        [CaselessContractions + Words + @"\p{N}{1,3}" + Rest] = new(isGpt2: false, digits: 3),
        [Qwen2] = new(isGpt2: false, digits: 1),
        [CaselessContractions + Words + @"\p{N}" + Rest] = new(isGpt2: false, digits: 1),
    };

    private static readonly Kind[] Kinds = [.. Enumerable.Range(0, char.MaxValue + 1).Select(KindOfUnit)];

    private readonly bool isGpt2;
    private readonly int digits;

    private KnownPattern(bool isGpt2, int digits)
    {
        this.isGpt2 = isGpt2;
        this.digits = digits;
    }

    private enum Kind : byte
    {
        Other,
        Letter,
        Number,
        Space,
        Surrogate,
    }

    /// <summary>The rule that an expression stands for, or null.</summary>
    public static KnownPattern? Find(string pattern) => All.GetValueOrDefault(pattern);

    /// <summary>Index after the word that starts at <paramref name="start"/>.</summary>
    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        var kind = KindAt(text, start, out var width);
        if (text[start] == '\'' && Contraction(text[(start + 1)..]) is > 0 and var length)
        {
            return start + 1 + length;
        }

        if (kind == Kind.Letter)
        {
            return EndOfRun(text, start + width, Kind.Letter);
        }

        if (kind == Kind.Number)
        {
            return EndOfRun(text, start + width, Kind.Number, digits - 1);
        }

        var after = start + width;
        var next = after < text.Length ? KindAt(text, after, out _) : Kind.Space;
        if (next == Kind.Letter && (isGpt2 ? text[start] == ' ' : text[start] is not ('\r' or '\n')))
        {
            return EndOfRun(text, after, Kind.Letter);
        }

        if (next == Kind.Number && isGpt2 && text[start] == ' ')
        {
            return EndOfRun(text, after, Kind.Number);
        }

        if (kind == Kind.Other || (next == Kind.Other && text[start] == ' '))
        {
            var end = EndOfRun(text, after, Kind.Other);
            while (!isGpt2 && end < text.Length && text[end] is '\r' or '\n')
            {
                end++;
            }

            return end;
        }

        return EndOfSpace(text, start);
    }

    /// <summary>Up to the last line's end in a run of white space; without one the run but for its last character, which goes with the word after it.</summary>
    private int EndOfSpace(ReadOnlySpan<char> text, int start)
    {
        var end = EndOfRun(text, start, Kind.Space);
        var lineEnd = isGpt2 ? -1 : text[start..end].LastIndexOfAny('\r', '\n');
        return lineEnd >= 0 ? start + lineEnd + 1
            : end < text.Length && end - start > 1 ? end - 1
            : end;
    }

    private static int EndOfRun(ReadOnlySpan<char> text, int position, Kind kind, int most = int.MaxValue)
    {
        for (var count = 0; count < most && position < text.Length && KindAt(text, position, out var width) == kind; count++)
        {
            position += width;
        }

        return position;
    }

    /// <summary>Letters of a contraction behind its apostrophe; 0: there is none.</summary>
    private int Contraction(ReadOnlySpan<char> text)
    {
        var (first, second) = (Lower(text, 0), Lower(text, 1));
        return first is 's' or 't' or 'm' or 'd' ? 1
            : (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 2
            : 0;
    }

    private char Lower(ReadOnlySpan<char> text, int at) => at >= text.Length ? '\0' : isGpt2 || !char.IsAsciiLetterUpper(text[at]) ? text[at] : (char)(text[at] | 0x20);

    // A lone surrogate counts as punctuation, as the U+FFFD that it is encoded as does.
    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int width)
    {
        var kind = Kinds[text[index]];
        width = 1;
        if (kind != Kind.Surrogate)
        {
            return kind;
        }

        if (index + 1 == text.Length || !char.IsSurrogatePair(text[index], text[index + 1]))
        {
            return Kind.Other;
        }

        width = 2;
        return KindOf(Rune.GetUnicodeCategory(new Rune(text[index], text[index + 1])));
    }

    private static Kind KindOfUnit(int unit) => char.IsSurrogate((char)unit) ? Kind.Surrogate
        : char.IsWhiteSpace((char)unit) ? Kind.Space
        : KindOf(CharUnicodeInfo.GetUnicodeCategory((char)unit));

    private static Kind KindOf(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => Kind.Letter,
        >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Other,
    };
}
