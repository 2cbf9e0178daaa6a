using System.Buffers;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>The most probable pieces of a text under a unigram language model, by dynamic programming over its end positions.</summary>
/// <remarks>
/// Kudo 2018, "Subword Regularization". Path scores are stored as float32 and compared as float64, and only a better candidate replaces one: equal
/// paths would otherwise be broken differently from sentencepiece. A character without a piece costs the least score less 10.
/// </remarks>
internal sealed class UnigramSearch
{
    private const float UnknownPenalty = 10;

    private readonly PieceTrie trie = new();
    private readonly float[] scores;
    private readonly bool[] isUserDefined;
    private readonly float unknownScore;
    private readonly float maxScore;
    private readonly PieceFallback fallback;

    public UnigramSearch(SentencePieceModel model)
    {
        scores = [.. model.Pieces.Select(piece => piece.Score)];
        isUserDefined = [.. model.Pieces.Select(piece => piece.Type == PieceType.UserDefined)];
        var normal = model.Pieces.Where(piece => piece.Type == PieceType.Normal).Select(piece => piece.Score).ToArray();
        unknownScore = normal.Append(float.MaxValue).Min() - UnknownPenalty;
        maxScore = normal.Append(SmallestNormal).Max();
        fallback = new PieceFallback(model);
        foreach (var (id, piece) in model.Pieces.Index().Where(piece => piece.Item.Type is PieceType.Normal or PieceType.UserDefined))
        {
            trie.Add(Encoding.UTF8.GetBytes(piece.Text), id);
        }
    }

    // sentencepiece begins its search for the greatest score at FLT_MIN, which is above every logarithm of a probability.
    private static float SmallestNormal => 1.17549435e-38f;

    public void Encode(ReadOnlySpan<byte> text, IdBuffer ids)
    {
        var paths = ArrayPool<Path>.Shared.Rent(text.Length + 1);
        Array.Fill(paths, new Path(0, -1, -1), 0, text.Length + 1);
        for (var start = 0; start < text.Length;)
        {
            var width = Math.Min(Utf8Shape.WidthOf(text[start]), text.Length - start);
            var before = paths[start].Score;
            if (!Extend(text, start, width, paths))
            {
                Offer(ref paths[start + width], before + unknownScore, start, PieceTrie.None);
            }

            start += width;
        }

        Emit(text, paths, ids);
        ArrayPool<Path>.Shared.Return(paths);
    }

    /// <summary>Offers every piece that begins at <paramref name="start"/>; true where one is exactly the character there.</summary>
    private bool Extend(ReadOnlySpan<byte> text, int start, int width, Path[] paths)
    {
        var coversCharacter = false;
        var node = PieceTrie.Root;
        for (var end = start; end < text.Length && (node = trie.Child(node, text[end])) != PieceTrie.None;)
        {
            end++;
            var id = trie.ValueAt(node);
            if (id != PieceTrie.None)
            {
                var score = isUserDefined[id] ? ((end - start) * maxScore) - 0.1 : scores[id];
                Offer(ref paths[end], score + paths[start].Score, start, id);
                coversCharacter |= end - start == width;
            }
        }

        return coversCharacter;
    }

    private static void Offer(ref Path path, double score, int start, int id)
    {
        if (path.Start < 0 || score > path.Score)
        {
            path = new Path((float)score, start, id);
        }
    }

    private void Emit(ReadOnlySpan<byte> text, Path[] paths, IdBuffer ids)
    {
        using var ends = new PooledList<int>(text.Length + 1);
        for (var end = text.Length; end > 0; end = paths[end].Start)
        {
            ends.Add(end);
        }

        for (var i = ends.Count - 1; i >= 0; i--)
        {
            var (_, start, id) = paths[ends.Span[i]];
            if (id == PieceTrie.None)
            {
                fallback.Add(text[start..ends.Span[i]], ids);
            }
            else
            {
                ids.Add(id);
            }
        }
    }

    /// <summary>The best way to a position: its score, where its last piece starts, and that piece.</summary>
    private record struct Path(float Score, int Start, int Id);
}
