using System.Numerics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>y[t, n] = s[n] · Σ over k of x[t, k] · q[n, k]: 8-bit weights with one scale a row, f32 input and sums.</summary>
public static class MatMulInt8
{
    /// <summary>The definition: plain rows of codes, summed in double.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="codes">q, [N, K], not packed.</param>
    /// <param name="scales">s, [N].</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, int inputs, Span<double> y)
    {
        var rows = new double[codes.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = codes[i] * (double)scales[i / inputs];
        }

        MatMul.Reference(x, rows, scales.Length, inputs, y);
    }

    /// <summary>Multiplies by a packed matrix of codes.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="panels">Codes packed by <see cref="PanelLayout.Pack{T}"/>.</param>
    /// <param name="scales">s, [N].</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or the output overlaps the input.</exception>
    /// <remarks>Codes are widened exactly and each output is multiplied by its scale once, at the end: bitwise the same alone, in any batch and at any
    /// vector width. |y − Reference| ≤ K · 2⁻²⁴ · Σ|x·w|, held by QuantizedKernelTests.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<sbyte> panels, ReadOnlySpan<float> scales, int inputs, Span<float> y)
    {
        PanelProduct<sbyte, Int8Element>.Invoke(x, panels, scales.Length, inputs, y);
        for (var row = 0; row < y.Length; row += scales.Length)
        {
            Scale(y.Slice(row, scales.Length), scales);
        }
    }

    private static void Scale(Span<float> y, ReadOnlySpan<float> scales)
    {
        var n = 0;
        for (; n + Vector<float>.Count <= y.Length; n += Vector<float>.Count)
        {
            (new Vector<float>(y[n..]) * new Vector<float>(scales[n..])).CopyTo(y[n..]);
        }

        for (; n < y.Length; n++)
        {
            y[n] *= scales[n];
        }
    }
}
