namespace InternPlatform.Training.Data;

/// <summary>B packed rows of T tokens, as the model reads them. Buffers are reused from step to step.</summary>
internal sealed class Batch(int rows, int length)
{
    /// <summary>B.</summary>
    public int Rows => rows;

    /// <summary>T.</summary>
    public int Length => length;

    /// <summary>Input ids, [B · T].</summary>
    public long[] Ids { get; } = new long[rows * length];

    /// <summary>Next token, [B · T]; −1: not scored.</summary>
    public int[] Labels { get; } = new int[rows * length];

    /// <summary>Position inside the sample, [B · T].</summary>
    public int[] Positions { get; } = new int[rows * length];

    /// <summary>Number of labels that are scored.</summary>
    public int Scored { get; set; }

    /// <summary>Number of tokens that are not filler.</summary>
    public int Tokens { get; set; }

    /// <summary>Empties row <paramref name="row"/>: filler tokens, each a sample of its own, none scored.</summary>
    public void Clear(int row)
    {
        Array.Clear(Ids, row * length, length);
        Array.Fill(Labels, -1, row * length, length);
        Array.Clear(Positions, row * length, length);
    }

    /// <summary>Puts part of a sample at <paramref name="column"/> of a row; the label of its last token is the sample's next one, if any.</summary>
    public void Add(int row, int column, ReadOnlySpan<int> sample, int from, int count)
    {
        Tokens += count;
        for (var i = 0; i < count; i++)
        {
            var at = (row * length) + column + i;
            Ids[at] = Math.Abs(sample[from + i]);
            Positions[at] = i;
            var next = from + i + 1;
            Labels[at] = next < sample.Length && sample[next] > 0 ? sample[next] : -1;
            Scored += Labels[at] >= 0 ? 1 : 0;
        }
    }
}
