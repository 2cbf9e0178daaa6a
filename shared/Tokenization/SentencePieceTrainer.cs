namespace InternPlatform.Tokenization;

/// <summary>
/// Trains a SentencePiece tokenizer: symbols are characters, a space belongs to the word after it, and pieces do not mix writing systems. The same
/// texts in the same order give the same tokenizer, and its <c>.model</c> file is read by sentencepiece.
/// </summary>
/// <remarks>Kudo and Richardson 2018, "SentencePiece"; BPE by <see cref="PairLearner"/>, unigram by <see cref="UnigramTrainer"/>.</remarks>
public static class SentencePieceTrainer
{
    /// <summary>Trains on one thread.</summary>
    /// <param name="texts">Documents; read once. Their distinct words are kept while training.</param>
    /// <param name="options">Kind, size and limits of the vocabulary.</param>
    /// <param name="progress">Share of the work done, 0 to 1; null where nobody looks.</param>
    /// <param name="cancellationToken">Asked between documents, merges, and passes over the words.</param>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public static Tokenizer Train(
        IEnumerable<string> texts, SentencePieceTrainingOptions options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        var words = PieceWords.Count(texts, options.CharacterCoverage, cancellationToken);
        var size = options.VocabularySize - options.SpecialTokens.Count - 256;
        var shape = new PieceShape(options);
        var learned = options.IsUnigram
            ? new UnigramTrainer(words, shape, options.SpecialTokens, size).Train(progress, cancellationToken)
            : LearnMerges(words, shape, options.SpecialTokens, size, progress, cancellationToken);
        return new Tokenizer(new SentencePieceModel([.. SpecialPieces(options.SpecialTokens), .. learned])
        {
            IsUnigram = options.IsUnigram,
            ByteFallback = true,
            AddDummyPrefix = true,
            RemoveExtraWhitespaces = false,
            BosId = IdOf(options.SpecialTokens, "<s>"),
            EosId = IdOf(options.SpecialTokens, "</s>"),
        });
    }

    /// <summary>Pieces in the order in which they are merged, then the characters: those are there before any merge and need no rank.</summary>
    private static IEnumerable<Piece> LearnMerges(
        PieceWords words, PieceShape shape, IReadOnlyList<string> taken, int size, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var symbols = words.Characters.ToList();
        PairLearner.Learn(words.Words, symbols, taken, size, shape.IsPiece, progress, cancellationToken);
        return symbols.Skip(words.Characters.Count).Concat(words.Characters).Select((text, rank) => new Piece(text, -rank, PieceType.Normal));
    }

    private static IEnumerable<Piece> SpecialPieces(IReadOnlyList<string> specialTokens)
    {
        var special = specialTokens.Select((text, id) => new Piece(text, 0, id == 0 ? PieceType.Unknown : PieceType.Control));
        return special.Concat(Enumerable.Range(0, 256).Select(b => new Piece($"<0x{b:X2}>", 0, PieceType.Byte)));
    }

    private static int? IdOf(IReadOnlyList<string> specialTokens, string token) =>
        specialTokens.Index().Where(special => special.Item == token).Select(special => (int?)special.Index).FirstOrDefault();
}
