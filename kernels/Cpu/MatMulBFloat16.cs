using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>y[t, n] = Σ over k of x[t, k] · w[n, k], bf16 weights, f32 input and sums.</summary>
public static class MatMulBFloat16
{
    /// <summary>The definition: plain rows of bf16 bits, summed in double.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="rows">Weights as bf16 bits, [N, K], not packed.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<ushort> rows, int outputs, int inputs, Span<double> y)
    {
        var wide = new double[rows.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = BitConverter.Int32BitsToSingle(rows[i] << 16);
        }

        MatMul.Reference(x, wide, outputs, inputs, y);
    }

    /// <summary>Multiplies by panels of a packed matrix of bf16 bits.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="packed">Weights packed by <see cref="PanelLayout.Pack{T}"/>.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="firstPanel">First panel to multiply.</param>
    /// <param name="panels">How many; only their columns of the output are written.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; must not overlap <paramref name="x"/>.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or the output overlaps the input.</exception>
    /// <remarks>Weights are widened exactly, so the result equals <see cref="MatMul"/> on the widened weights bit for bit.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<ushort> packed, int outputs, int inputs, int firstPanel, int panels, Span<float> y, int stride) =>
        PanelProduct<ushort, BFloat16Element>.Invoke(x, packed, outputs, inputs, firstPanel, panels, y, stride);

    /// <summary>Multiplies by the whole of a packed matrix.</summary>
    /// <inheritdoc cref="Invoke(ReadOnlySpan{float}, ReadOnlySpan{ushort}, int, int, int, int, Span{float}, int)"/>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<ushort> packed, int outputs, int inputs, Span<float> y) =>
        Invoke(x, packed, outputs, inputs, 0, PanelLayout.Count(outputs), y, outputs);

    /// <summary>Rounds f32 to bf16 bits, to nearest, ties to even; NaN stays NaN.</summary>
    /// <param name="source">Values, any shape.</param>
    /// <param name="destination">bf16 bits, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Round(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        Shape.Require(source.Length == destination.Length, nameof(destination), $"{destination.Length} values, not {source.Length}");
        var bits = MemoryMarshal.Cast<float, uint>(source);
        for (var i = 0; i < bits.Length; i++)
        {
            destination[i] = float.IsNaN(source[i])
                ? (ushort)((bits[i] >> 16) | 0x40)
                : (ushort)((bits[i] + 0x7FFF + ((bits[i] >> 16) & 1)) >> 16);
        }
    }
}
