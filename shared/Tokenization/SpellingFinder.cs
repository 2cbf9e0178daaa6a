using System.Buffers;

namespace InternPlatform.Tokenization;

/// <summary>Finds fixed spellings in a text: the leftmost, and of several at one place the longest.</summary>
internal sealed class SpellingFinder
{
    private readonly SearchValues<string> spellings;
    private readonly KeyValuePair<string, int>[] longestFirst;

    public SpellingFinder(IReadOnlyDictionary<string, int> ids)
    {
        longestFirst = [.. ids.OrderByDescending(token => token.Key.Length)];
        spellings = SearchValues.Create([.. ids.Keys], StringComparison.Ordinal);
    }

    /// <summary>Index of the next spelling, its length and its id; a negative index where there is none.</summary>
    public int Next(ReadOnlySpan<char> text, out int length, out int id)
    {
        (length, id) = (0, -1);
        var at = longestFirst.Length == 0 ? -1 : text.IndexOfAny(spellings);
        if (at < 0)
        {
            return at;
        }

        foreach (var (spelling, token) in longestFirst)
        {
            if (text[at..].StartsWith(spelling, StringComparison.Ordinal))
            {
                (length, id) = (spelling.Length, token);
                return at;
            }
        }

        throw new InvalidOperationException("A token's spelling was found and then was not there.");
    }
}
