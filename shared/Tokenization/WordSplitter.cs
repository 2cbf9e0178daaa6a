using System.Text.RegularExpressions;

namespace InternPlatform.Tokenization;

/// <summary>
/// Where words end: <see cref="WordRule"/>, <see cref="KnownPattern"/>, or the regular expression that somebody else's <c>tokenizer.json</c> names.
/// Matches are words, and so is what lies between two matches (Hugging Face's "Isolated").
/// </summary>
internal sealed class WordSplitter
{
    public static readonly WordSplitter Own = new([WordRule.Pattern], []);

    // A pattern from somebody else may take exponential time; it must not take a server with it.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(10);

    private readonly KnownPattern? known;
    private readonly Regex[] foreign;

    private WordSplitter(IReadOnlyList<string> patterns, Regex[] foreign, KnownPattern? known = null)
    {
        Patterns = patterns;
        (this.foreign, this.known) = (foreign, known);
    }

    /// <summary>Each splits what the one before it left.</summary>
    public IReadOnlyList<string> Patterns { get; }

    /// <exception cref="RegexParseException">.NET cannot read a pattern.</exception>
    public static WordSplitter For(params IReadOnlyList<string> patterns) => patterns is [WordRule.Pattern]
        ? Own
        : patterns is [var single] && KnownPattern.Find(single) is { } known ? new WordSplitter(patterns, [], known)
        : new WordSplitter(patterns, [.. patterns.Select(pattern => new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, LongestMatch))]);

    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
        if (known is not null)
        {
            return known.EndOfWord(text, start);
        }

        if (foreign.Length == 0)
        {
            return WordRule.EndOfWord(text, start);
        }

        var end = text.Length;
        foreach (var pattern in foreign)
        {
            end = EndOfMatch(pattern, text[..end], start);
        }

        return end;
    }

    private static int EndOfMatch(Regex pattern, ReadOnlySpan<char> text, int start)
    {
        foreach (var match in pattern.EnumerateMatches(text, start))
        {
            if (match.Length > 0)
            {
                return match.Index == start ? start + match.Length : match.Index;
            }
        }

        return text.Length;
    }
}
