namespace InternPlatform.Tokenization;

/// <summary>
/// Learns the merges of BPE: the most frequent allowed pair of neighbouring symbols becomes a symbol, until there are enough or none occurs twice.
/// </summary>
/// <remarks>Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1.</remarks>
internal static class PairLearner
{
    private const int Taken = -1;

    /// <summary>Appends the learned symbols to <paramref name="symbols"/>.</summary>
    /// <param name="words">Words by the places of their symbols; merged in place.</param>
    /// <param name="symbols">Spellings; symbols that no pair may become are in <paramref name="taken"/>.</param>
    /// <param name="taken">Spellings that must not come out of plain text: special tokens.</param>
    /// <param name="size">How many symbols there shall be.</param>
    /// <param name="isAllowed">Whether a spelling may be a symbol.</param>
    /// <param name="progress">Share done, 0 to 1; null where nobody looks.</param>
    /// <param name="cancellationToken">Asked between merges.</param>
    public static List<Merge> Learn(
        List<CountedWord> words, List<string> symbols, IReadOnlyCollection<string> taken, int size, Func<string, bool> isAllowed,
        IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var merges = new List<Merge>();
        var start = symbols.Count;
        var ids = taken.ToDictionary(spelling => spelling, _ => Taken, StringComparer.Ordinal);
        var learned = new HashSet<(int Left, int Right)>();
        var pairs = new PairIndex(words, (left, right) => isAllowed(symbols[left] + symbols[right]));
        while (symbols.Count < size && pairs.TakeMostFrequent(out var left, out var right))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var joined = symbols[left] + symbols[right];

            // "a" + "bc" and "ab" + "c" are one symbol: a vocabulary maps a spelling to one id.
            if (!ids.TryGetValue(joined, out var id))
            {
                id = symbols.Count;
                ids.Add(joined, id);
                symbols.Add(joined);
                progress?.Report((symbols.Count - start) / (double)(size - start));
            }

            if (id == Taken)
            {
                continue;
            }

            // A pair comes back when its parts are made in a second way; its first rank still serves.
            if (learned.Add((left, right)))
            {
                merges.Add(new Merge(left, right, id));
            }

            pairs.Replace(left, right, id);
        }

        progress?.Report(1);
        return merges;
    }
}
