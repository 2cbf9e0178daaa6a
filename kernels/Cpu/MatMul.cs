namespace InternPlatform.Kernels.Cpu;

/// <summary>y[t, n] = Σ over k of x[t, k] · w[n, k], f32 weights.</summary>
public static class MatMul
{
    /// <summary>The definition: plain rows, summed in double.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="rows">Weights, [N, K], not packed.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<double> rows, int outputs, int inputs, Span<double> y)
    {
        for (var t = 0; t < x.Length / inputs; t++)
        {
            for (var n = 0; n < outputs; n++)
            {
                var sum = 0.0;
                for (var k = 0; k < inputs; k++)
                {
                    sum += x[(t * inputs) + k] * rows[(n * inputs) + k];
                }

                y[(t * outputs) + n] = sum;
            }
        }
    }

    /// <summary>Multiplies by panels of a packed matrix; with T = 1 this is the matrix-vector product of decoding.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="packed">Weights packed by <see cref="PanelLayout.Pack{T}"/>.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="firstPanel">First panel to multiply.</param>
    /// <param name="panels">How many; only their columns of the output are written.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; must not overlap <paramref name="x"/>.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or the output overlaps the input.</exception>
    /// <remarks>Each output is one chain of fused multiply-adds over ascending k: a row's result is bitwise the same alone, in any batch
    /// and at any vector width. |y − Reference| ≤ K · 2⁻²⁴ · Σ|x·w|, held by KernelTests.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<float> packed, int outputs, int inputs, int firstPanel, int panels, Span<float> y, int stride) =>
        PanelProduct<float, Float32Element>.Invoke(x, packed, outputs, inputs, firstPanel, panels, y, stride);

    /// <summary>Multiplies by the whole of a packed matrix.</summary>
    /// <inheritdoc cref="Invoke(ReadOnlySpan{float}, ReadOnlySpan{float}, int, int, int, int, Span{float}, int)"/>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<float> packed, int outputs, int inputs, Span<float> y) =>
        Invoke(x, packed, outputs, inputs, 0, PanelLayout.Count(outputs), y, outputs);
}
