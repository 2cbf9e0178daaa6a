using System.Buffers;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>SentencePiece: text is normalised, then a search cuts it into pieces.</summary>
internal sealed class SentencePieceEncoder : ITextEncoder
{
    private readonly SentencePieceModel model;
    private readonly SentencePieceNormalizer normalizer;
    private readonly BpeSearch? bpe;
    private readonly UnigramSearch? unigram;
    private readonly int[] lengths;

    public SentencePieceEncoder(SentencePieceModel model)
    {
        this.model = model;
        var userDefined = new PieceTrie();
        foreach (var (id, piece) in model.Pieces.Index().Where(piece => piece.Item.Type == PieceType.UserDefined))
        {
            userDefined.Add(Encoding.UTF8.GetBytes(piece.Text), id);
        }

        normalizer = new SentencePieceNormalizer(model, userDefined);
        bpe = model.IsUnigram ? null : new BpeSearch(model, userDefined);
        unigram = model.IsUnigram ? new UnigramSearch(model) : null;
        lengths = [.. model.Pieces.Select(piece => piece.Type == PieceType.Byte ? 1 : Encoding.UTF8.GetByteCount(piece.Text))];
    }

    public void Encode(ReadOnlySpan<char> text, bool isBeginning, IdBuffer ids, SourceMap? sources)
    {
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        using var normalized = new PooledList<byte>(text.Length * 2 + 16);
        normalizer.Normalize(utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, utf8)), isBeginning, normalized, sources);
        ArrayPool<byte>.Shared.Return(utf8);
        if (unigram is not null)
        {
            unigram.Encode(normalized.Span, ids);
        }
        else
        {
            bpe!.Encode(normalized.Span, ids);
        }
    }

    public int LengthOf(int id) => lengths[id];
}
