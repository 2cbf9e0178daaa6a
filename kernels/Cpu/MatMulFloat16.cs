namespace InternPlatform.Kernels.Cpu;

/// <summary>y[t, n] = Σ over k of x[t, k] · w[n, k], binary16 weights, f32 input and sums.</summary>
public static class MatMulFloat16
{
    /// <summary>The definition: plain rows of halves, summed in double.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="rows">Weights, [N, K], not packed.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<Half> rows, int outputs, int inputs, Span<double> y)
    {
        var wide = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            wide[i] = (double)rows[i];
        }

        MatMul.Reference(x, wide, outputs, inputs, y);
    }

    /// <summary>Multiplies by panels of a packed matrix of halves.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="packed">Finite weights packed by <see cref="PanelLayout.Pack{T}"/>; infinities and NaN would be read as numbers.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="firstPanel">First panel to multiply.</param>
    /// <param name="panels">How many; only their columns of the output are written.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; must not overlap <paramref name="x"/>.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or the output overlaps the input.</exception>
    /// <remarks>Weights are widened exactly, so the result equals <see cref="MatMul"/> on the widened weights bit for bit.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<Half> packed, int outputs, int inputs, int firstPanel, int panels, Span<float> y, int stride) =>
        PanelProduct<Half, Float16Element>.Invoke(x, packed, outputs, inputs, firstPanel, panels, y, stride);
}
