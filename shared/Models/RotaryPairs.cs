namespace InternPlatform.Models;

/// <summary>
/// Order of the rows of query and key projections. Rotary positions turn pairs of rows of a head: Hugging Face pairs row j with
/// row j + d/2 (half-split), the LLaMA paper's code, llama2.c and llama.cpp's "llama" pair row 2j with row 2j + 1 (interleaved).
/// </summary>
internal static class RotaryPairs
{
    /// <summary>Interleaved to half-split: of each head first the even rows, then the odd ones.</summary>
    /// <param name="rows">[heads · d, columns]; a bias has one column.</param>
    /// <param name="heads">Heads that the rows belong to.</param>
    /// <param name="headDim">d.</param>
    public static T[] Split<T>(T[] rows, int heads, int headDim) => Reordered(rows, heads, headDim, row => SplitFrom(row, headDim));

    /// <summary>Where a row of <see cref="Split"/> comes from.</summary>
    public static int SplitFrom(int row, int headDim) => (row / headDim * headDim) + (row % (headDim / 2) * 2) + (row % headDim / (headDim / 2));

    /// <summary>d of the heads that a weight's rows are paired in; 0 where they are not.</summary>
    /// <param name="weightName">A name of <see cref="WeightNames"/>.</param>
    /// <param name="config">The model's sizes.</param>
    public static int HeadDimOf(string weightName, ModelConfig config) =>
        weightName.Contains(".q_proj.", StringComparison.Ordinal) || weightName.Contains(".k_proj.", StringComparison.Ordinal) ? config.HeadDim : 0;

    /// <summary>Half-split to interleaved, the way back.</summary>
    /// <param name="rows">[heads · d, columns].</param>
    /// <param name="heads">Heads that the rows belong to.</param>
    /// <param name="headDim">d.</param>
    public static T[] Interleave<T>(T[] rows, int heads, int headDim) => Reordered(rows, heads, headDim, row => row % 2 * (headDim / 2) + (row / 2));

    /// <summary>A weight of a model, reordered where its rows are those of queries or keys.</summary>
    /// <param name="reorder"><see cref="Split"/> or <see cref="Interleave"/>.</param>
    /// <param name="weightName">A name of <see cref="WeightNames"/>, of a matrix or a bias.</param>
    /// <param name="values">Its values.</param>
    /// <param name="config">The model's sizes.</param>
    public static T[] OfWeight<T>(Func<T[], int, int, T[]> reorder, string weightName, T[] values, ModelConfig config) =>
        weightName.Contains(".q_proj.", StringComparison.Ordinal) ? reorder(values, config.HeadCount, config.HeadDim)
        : weightName.Contains(".k_proj.", StringComparison.Ordinal) ? reorder(values, config.KvHeadCount, config.HeadDim)
        : values;

    private static T[] Reordered<T>(T[] rows, int heads, int headDim, Func<int, int> sourceRow)
    {
        var columns = rows.Length / (heads * headDim);
        var reordered = new T[rows.Length];
        for (var row = 0; row < heads * headDim; row++)
        {
            var source = (row / headDim * headDim) + sourceRow(row % headDim);
            rows.AsSpan(source * columns, columns).CopyTo(reordered.AsSpan(row * columns));
        }

        return reordered;
    }
}
