namespace InternPlatform.Kernels.Cpu;

/// <summary>One product over strips: activations, weights, output. Strips are the outer loop, so that weights are read from memory once, whatever the batch.</summary>
/// <param name="x">Activations.</param>
/// <param name="weights">First strip.</param>
/// <param name="stripBytes">Bytes of a strip.</param>
/// <param name="outputs">N.</param>
/// <param name="y">[T, N] in rows of <paramref name="stride"/>.</param>
/// <param name="stride">From one token's outputs to the next one's.</param>
internal readonly unsafe struct StripRun(ActivationBlocks x, byte* weights, nint stripBytes, int outputs, float* y, int stride)
{
    public int Tokens { get; } = x.Tokens;

    public ActivationBlocks.Rows X { get; } = x.From(0);

    public byte* Strip(int strip) => weights + (strip * stripBytes);

    /// <summary>Stores 16 sums of one token, or as many as there are outputs.</summary>
    public void Store(float* sums, int token, int strip)
    {
        var first = strip * StripLayout.Rows;
        var rows = Math.Min(StripLayout.Rows, outputs - first);
        new Span<float>(sums, rows).CopyTo(new Span<float>(y + ((nint)token * stride) + first, rows));
    }
}
