namespace InternPlatform.Tokenization;

/// <summary>
/// Trains a byte-level BPE tokenizer: the most frequent allowed pair of neighbouring tokens becomes a token, until
/// the vocabulary is full or no pair occurs twice. The same texts in the same order give the same tokenizer.
/// </summary>
/// <remarks>Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", algorithm 1.</remarks>
public static class BpeTrainer
{
    private const int Taken = -1;

    /// <summary>Trains on one thread.</summary>
    /// <param name="texts">Documents; read once, and not kept.</param>
    /// <param name="options">Size and limits of the vocabulary.</param>
    /// <param name="progress">Share of the merges done, 0 to 1; null where nobody looks.</param>
    /// <param name="cancellationToken">Asked between documents and between merges.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public static Tokenizer Train(
        IEnumerable<string> texts, BpeTrainingOptions options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        var tokens = options.SpecialTokens.Select(BpeModel.BytesOf).ToList();
        var firstByte = tokens.Count;
        tokens.AddRange(Enumerable.Range(0, 256).Select(b => new[] { (byte)b }));

        var words = WordCounts.Count(texts, firstByte, cancellationToken);
        var merges = Learn(words, tokens, options, progress, cancellationToken);
        return new Tokenizer(new BpeModel
        {
            Tokens = tokens,
            Merges = merges,
            SpecialTokens = options.SpecialTokens.Index().ToDictionary(token => token.Item, token => token.Index, StringComparer.Ordinal),
        });
    }

    private static List<Merge> Learn(
        List<CountedWord> words, List<byte[]> tokens, BpeTrainingOptions options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var merges = new List<Merge>();
        var start = tokens.Count;
        var ids = options.SpecialTokens.ToDictionary(spelling => spelling, _ => Taken, StringComparer.Ordinal);
        var learned = new HashSet<(int Left, int Right)>();
        var pairs = new PairIndex(words, tokens, options.MaxTokenBytes);
        while (tokens.Count < options.VocabularySize && pairs.TakeMostFrequent(out var left, out var right))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] joined = [.. tokens[left], .. tokens[right]];
            var spelling = ByteAlphabet.Spell(joined);

            // "a" + "bc" and "ab" + "c" are one token: a vocabulary maps a spelling to one id.
            if (!ids.TryGetValue(spelling, out var id))
            {
                id = tokens.Count;
                ids.Add(spelling, id);
                tokens.Add(joined);
                progress?.Report((tokens.Count - start) / (double)(options.VocabularySize - start));
            }

            if (id == Taken)
            {
                continue;   // a special token is spelled so, and must not come out of plain text
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
