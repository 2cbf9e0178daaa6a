namespace InternPlatform.Tokenization;

/// <summary>A character that has no piece: the pieces of its bytes, or the unknown piece.</summary>
internal sealed class PieceFallback
{
    private readonly int unknown;
    private readonly int[]? byteIds;

    public PieceFallback(SentencePieceModel model)
    {
        unknown = model.UnknownId;
        if (model.ByteFallback)
        {
            byteIds = new int[256];
            foreach (var (id, piece) in model.Pieces.Index().Where(piece => piece.Item.Type == PieceType.Byte))
            {
                byteIds[SentencePieceModel.ByteOf(piece.Text)!.Value] = id;
            }
        }
    }

    public void Add(ReadOnlySpan<byte> character, IdBuffer ids)
    {
        if (byteIds is null)
        {
            ids.AddUnknown(unknown, character.Length);
            return;
        }

        foreach (var value in character)
        {
            ids.Add(byteIds[value]);
        }
    }
}
