using System.Runtime.InteropServices;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>The distinct words of a text as a SentencePiece trainer sees them: a word begins with the spaces before it, written U+2581.</summary>
internal sealed class PieceWords
{
    // Cutting a word costs memory by its length, and a text without spaces is one word; no piece is longer than a few characters.
    private const int MostCharacters = 4_096;

    /// <summary>Characters that are frequent enough for a piece, the most frequent first; words are made of their indices.</summary>
    public required List<string> Characters { get; init; }

    public required List<CountedWord> Words { get; init; }

    /// <param name="texts">Documents; read once.</param>
    /// <param name="coverage">Share of all characters that the kept ones make up; a word breaks at every other one.</param>
    /// <param name="cancellationToken">Asked between documents.</param>
    public static PieceWords Count(IEnumerable<string> texts, double coverage, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CountWords(SentencePieceModel.Space + text.Replace(' ', SentencePieceModel.Space), counts.GetAlternateLookup<ReadOnlySpan<char>>());
        }

        var characters = Covered(counts, coverage);
        var indices = characters.Index().ToDictionary(character => character.Item, character => character.Index);
        return new PieceWords
        {
            Characters = [.. characters.Select(character => character.ToString())],
            Words = [.. counts.SelectMany(word => Parts(word.Key, word.Value, indices))],
        };
    }

    private static void CountWords(ReadOnlySpan<char> text, Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts)
    {
        var start = 0;
        for (var end = 0; end <= text.Length; end++)
        {
            // A line's end is no part of any word: it is spelled in bytes.
            var breaks = end == text.Length || char.IsControl(text[end]);
            var isLong = end - start >= MostCharacters && !(breaks || char.IsLowSurrogate(text[end]));
            if (end > start && (breaks || isLong || (text[end] == SentencePieceModel.Space && text[end - 1] != SentencePieceModel.Space)))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, text[start..end], out _)++;
                start = end;
            }

            start += breaks && end < text.Length ? 1 : 0;
        }
    }

    private static List<Rune> Covered(Dictionary<string, long> counts, double coverage)
    {
        var runes = new Dictionary<Rune, long>();
        foreach (var (word, count) in counts)
        {
            foreach (var rune in word.EnumerateRunes())
            {
                CollectionsMarshal.GetValueRefOrAddDefault(runes, rune, out _) += count;
            }
        }

        var wanted = coverage * runes.Values.Sum();
        var covered = 0L;
        var kept = new List<Rune>();
        foreach (var (rune, count) in runes.OrderByDescending(rune => rune.Value).ThenBy(rune => rune.Key))
        {
            if (covered >= wanted)
            {
                break;
            }

            kept.Add(rune);
            covered += count;
        }

        return kept;
    }

    private static IEnumerable<CountedWord> Parts(string word, long count, Dictionary<Rune, int> indices)
    {
        var part = new List<int>();
        foreach (var rune in word.EnumerateRunes())
        {
            if (indices.TryGetValue(rune, out var index))
            {
                part.Add(index);
            }
            else if (part.Count > 0)
            {
                yield return new CountedWord([.. part], count);
                part.Clear();
            }
        }

        if (part.Count > 0)
        {
            yield return new CountedWord([.. part], count);
        }
    }
}
