namespace InternPlatform.Tokenization;

/// <summary>What must hold of pieces, whichever file they came from, so that every text has ids.</summary>
internal static class SentencePieceRules
{
    /// <exception cref="InvalidTokenizerException">It does not.</exception>
    public static void Check(string file, IReadOnlyList<Piece> pieces, bool byteFallback, bool isUnigram)
    {
        var spellings = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, piece) in pieces.Index())
        {
            var fault = FaultOf(piece) ?? (spellings.Add(piece.Text) ? null : "is there twice");
            if (fault is not null)
            {
                throw new InvalidTokenizerException(file, $"the piece '{piece.Text}' with id {id} {fault}.");
            }
        }

        CheckWhole(file, pieces, byteFallback, isUnigram);
    }

    private static string? FaultOf(Piece piece) => piece switch
    {
        { Text.Length: 0 } => "is empty",
        { Type: < PieceType.Normal or > PieceType.Byte } => $"has the type {(int)piece.Type}, which is unknown",
        { Type: PieceType.Byte } when SentencePieceModel.ByteOf(piece.Text) is null => "is typed as a byte and spells none",
        _ when !float.IsFinite(piece.Score) => $"has the score {piece.Score}",
        _ => null,
    };

    private static void CheckWhole(string file, IReadOnlyList<Piece> pieces, bool byteFallback, bool isUnigram)
    {
        var unknown = pieces.Count(piece => piece.Type == PieceType.Unknown);
        if (unknown != 1)
        {
            throw new InvalidTokenizerException(file, $"the vocabulary has {unknown} unknown pieces; it must have one.");
        }

        var bytes = pieces.Where(piece => piece.Type == PieceType.Byte).Select(piece => SentencePieceModel.ByteOf(piece.Text)).Distinct().Count();
        if (byteFallback && bytes != 256)
        {
            throw new InvalidTokenizerException(file, $"the model falls back to bytes and has pieces for {bytes} of 256.");
        }

        // Its encoder splits such pieces again, by a rule that no model met so far needs.
        if (!isUnigram && pieces.Any(piece => piece.Type == PieceType.Unused))
        {
            throw new InvalidTokenizerException(file, "the model is BPE and has unused pieces, which is not supported.");
        }
    }
}
