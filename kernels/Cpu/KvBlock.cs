namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Layout of one layer's paged key-value cache: [block][kv head][keys D x 16 | values 16 x D], f32.
/// Keys stand token beside token, so that 16 scores come out of one register without a sum across lanes.
/// </summary>
public static class KvBlock
{
    /// <summary>Tokens of one block.</summary>
    public const int Tokens = 16;

    /// <summary>f32 values of one block.</summary>
    public static int Length(int kvHeads, int headDim) => kvHeads * 2 * Tokens * headDim;

    /// <summary>Index of key[0] of a token; the next dimension is <see cref="Tokens"/> further.</summary>
    public static int KeyOffset(int block, int kvHead, int slot, int kvHeads, int headDim) =>
        (block * Length(kvHeads, headDim)) + (kvHead * 2 * Tokens * headDim) + slot;

    /// <summary>Index of value[0] of a token; the next dimension is the next index.</summary>
    public static int ValueOffset(int block, int kvHead, int slot, int kvHeads, int headDim) =>
        (block * Length(kvHeads, headDim)) + (((kvHead * 2) + 1) * Tokens * headDim) + (slot * headDim);

    /// <summary>Stores the keys and values of one token.</summary>
    /// <param name="keys">[G, D].</param>
    /// <param name="values">[G, D].</param>
    /// <param name="cache">The layer's cache.</param>
    /// <param name="block">Block id.</param>
    /// <param name="slot">Place inside the block, 0 … 15.</param>
    /// <param name="kvHeads">G.</param>
    /// <param name="headDim">D.</param>
    /// <exception cref="ArgumentException">A length does not fit G and D.</exception>
    public static void Write(ReadOnlySpan<float> keys, ReadOnlySpan<float> values, Span<float> cache, int block, int slot, int kvHeads, int headDim)
    {
        Shape.Require(keys.Length == kvHeads * headDim && values.Length == keys.Length, nameof(keys), $"{keys.Length} keys, {values.Length} values, not {kvHeads} x {headDim}");
        for (var g = 0; g < kvHeads; g++)
        {
            var destination = cache[KeyOffset(block, g, slot, kvHeads, headDim)..];
            for (var d = 0; d < headDim; d++)
            {
                destination[d * Tokens] = keys[(g * headDim) + d];
            }

            values.Slice(g * headDim, headDim).CopyTo(cache[ValueOffset(block, g, slot, kvHeads, headDim)..]);
        }
    }
}
