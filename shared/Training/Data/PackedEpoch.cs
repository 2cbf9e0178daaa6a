namespace InternPlatform.Training.Data;

/// <summary>
/// One pass over the samples, packed into rows of T tokens: shuffled by (seed, epoch), then each sample goes into the fullest open row that
/// still holds it (best fit). Only a sample longer than T is cut; each part starts a row-local position 0.
/// </summary>
internal sealed class PackedEpoch
{
    private readonly List<List<Piece>> rows = [];
    private readonly int length;

    private readonly record struct Piece(int Sample, int From, int Count);

    public PackedEpoch(TokenSamples samples, int length, int[] order)
    {
        this.length = length;
        var open = new Stack<int>[length + 1];     // rows by free tokens
        foreach (var sample in order)
        {
            var count = samples[sample].Length;
            for (var from = 0; from < count; from += length)
            {
                Place(new(sample, from, Math.Min(length, count - from)), open);
            }
        }
    }

    public int Count => rows.Count;

    /// <summary>Tokens in a row that are not filler.</summary>
    public int TokensIn(int row) => rows[row].Sum(piece => piece.Count);

    public static PackedEpoch Shuffled(TokenSamples samples, int length, ulong seed, int stream, int epoch)
    {
        var order = Enumerable.Range(0, samples.Count).ToArray();
        var random = SplitMix.For(seed, ((ulong)stream << 32) | (uint)(epoch + 16));
        random.Shuffle(order);
        return new(samples, length, order);
    }

    public static PackedEpoch InOrder(TokenSamples samples, int length) => new(samples, length, [.. Enumerable.Range(0, samples.Count)]);

    public void Fill(Batch batch, int batchRow, int row, TokenSamples samples)
    {
        batch.Clear(batchRow);
        var column = 0;
        foreach (var piece in rows[row])
        {
            batch.Add(batchRow, column, samples[piece.Sample], piece.From, piece.Count);
            column += piece.Count;
        }
    }

    private void Place(Piece piece, Stack<int>?[] open)
    {
        for (var free = piece.Count; free < length; free++)
        {
            if (open[free]?.TryPop(out var row) == true)
            {
                rows[row].Add(piece);
                (open[free - piece.Count] ??= new()).Push(row);
                return;
            }
        }

        rows.Add([piece]);
        (open[length - piece.Count] ??= new()).Push(rows.Count - 1);
    }
}
