namespace InternPlatform.Tokenization;

/// <summary>
/// Trains a byte-level BPE tokenizer: symbols are bytes, so every text has ids. The same texts in the same order give the same tokenizer.
/// </summary>
/// <remarks>Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2; the merges are <see cref="PairLearner"/>'s.</remarks>
public static class BpeTrainer
{
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
        var firstByte = options.SpecialTokens.Count;
        var spellings = options.SpecialTokens.ToList();
        spellings.AddRange(Enumerable.Range(0, 256).Select(b => ByteAlphabet.Spell([(byte)b])));

        var words = WordCounts.Count(texts, firstByte, cancellationToken);
        bool IsAllowed(string spelling) => spelling.Length <= options.MaxTokenBytes && Utf8Shape.IsWholeOrBeginning(ByteAlphabet.TryRead(spelling));
        var merges = PairLearner.Learn(words, spellings, options.SpecialTokens, options.VocabularySize, IsAllowed, progress, cancellationToken);
        return new Tokenizer(new BpeModel
        {
            Tokens = [.. options.SpecialTokens.Select(TokenizerModel.BytesOf), .. spellings.Skip(firstByte).Select(spelling => ByteAlphabet.TryRead(spelling)!)],
            Merges = merges,
            SpecialTokens = options.SpecialTokens.Index().ToDictionary(token => token.Item, token => token.Index, StringComparer.Ordinal),
        });
    }
}
