using System.Text.RegularExpressions;

namespace InternPlatform.Tokenization;

/// <summary>
/// Where words end: <see cref="WordRule"/>, or the regular expression that somebody else's <c>tokenizer.json</c> names.
/// Matches are words, and so is what lies between two matches (Hugging Face's "Isolated").
/// </summary>
internal sealed class WordSplitter
{
    /// <summary>The rule that ByteLevel applies when a file says <c>use_regex: true</c>.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static readonly WordSplitter Own = new([WordRule.Pattern], []);

    // A pattern from somebody else may take exponential time; it must not take a server with it.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(10);

    private readonly Regex[] foreign;

    private WordSplitter(IReadOnlyList<string> patterns, Regex[] foreign)
    {
        Patterns = patterns;
        this.foreign = foreign;
    }

    /// <summary>Each splits what the one before it left.</summary>
    public IReadOnlyList<string> Patterns { get; }

    /// <exception cref="RegexParseException">.NET cannot read a pattern.</exception>
    public static WordSplitter For(params IReadOnlyList<string> patterns) => patterns is [WordRule.Pattern]
        ? Own
        : new WordSplitter(patterns, [.. patterns.Select(pattern => new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled, LongestMatch))]);

    public int EndOfWord(ReadOnlySpan<char> text, int start)
    {
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
