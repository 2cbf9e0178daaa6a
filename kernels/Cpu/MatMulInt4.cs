namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// y[t, n] = Σ over groups g of s[n, g] · Σ over k in g of x[t, k] · (q[n, k] − z[n, g]): 4-bit weights with a scale and a zero point for each group of
/// inputs, f32 input and sums.
/// </summary>
public static class MatMulInt4
{
    /// <summary>Codes in one packed word; groups are multiples of it.</summary>
    public const int PerWord = 8;

    /// <summary>The definition: plain rows of codes, summed in double.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="codes">q, [N, K], 0 to 15, not packed.</param>
    /// <param name="scales">s, [N, K / group].</param>
    /// <param name="zeros">z, [N, K / group].</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(
        ReadOnlySpan<double> x, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, ReadOnlySpan<sbyte> zeros, int outputs, int inputs, Span<double> y)
    {
        var rows = new double[codes.Length];
        var group = codes.Length / scales.Length;
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (codes[i] - zeros[i / group]) * (double)scales[i / group];
        }

        MatMul.Reference(x, rows, outputs, inputs, y);
    }

    /// <summary>Words that a packed [N, K] matrix takes, padding included.</summary>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <exception cref="ArgumentException">K is no multiple of <see cref="PerWord"/>.</exception>
    public static int PackedLength(int outputs, int inputs)
    {
        Shape.Require(inputs % PerWord == 0, nameof(inputs), $"{inputs} inputs are not whole words of {PerWord} codes");
        return PanelLayout.PackedLength(outputs, inputs / PerWord);
    }

    /// <summary>Packs codes [N, K] into panels [N/32][K/8][32]: a word holds eight inputs of one row, the first in its lowest four bits.</summary>
    /// <param name="codes">q, [N, K], 0 to 15.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K, a multiple of <see cref="PerWord"/>.</param>
    /// <param name="panels">Destination, at least <see cref="PackedLength"/> words; wholly written.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K.</exception>
    public static void Pack(ReadOnlySpan<sbyte> codes, int outputs, int inputs, Span<uint> panels)
    {
        Shape.Require(codes.Length == outputs * inputs, nameof(codes), $"{codes.Length} codes, not {outputs} x {inputs}");
        var words = new uint[codes.Length / PerWord];
        for (var i = 0; i < words.Length; i++)
        {
            for (var j = 0; j < PerWord; j++)
            {
                words[i] |= (uint)(codes[(i * PerWord) + j] & 15) << (4 * j);
            }
        }

        PanelLayout.Pack<uint>(words, outputs, inputs / PerWord, panels);
    }

    /// <summary>Multiplies by a packed matrix.</summary>
    /// <param name="x">Input, [T, K].</param>
    /// <param name="panels">Codes packed by <see cref="Pack"/>.</param>
    /// <param name="scales">s, packed as a matrix [N, K / group] by <see cref="PanelLayout.Pack{T}"/>.</param>
    /// <param name="zeros">z, packed likewise.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="group">Inputs that share a scale: a multiple of <see cref="PerWord"/> that divides K.</param>
    /// <param name="y">Output, [T, N]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, the group does not, or the output overlaps the input.</exception>
    /// <remarks>
    /// Per group one chain of fused multiply-adds of x and q over ascending k; the zero point then enters as z · Σx, the scale as one more multiply-add, groups in
    /// ascending order: a row's bits are the same alone, in any batch and at any vector width.
    /// |y − Reference| ≤ (g + K/g) · 2⁻²⁴ · Σ s·|x|·(q + z), held by QuantizedKernelTests.
    /// </remarks>
    public static void Invoke(
        ReadOnlySpan<float> x, ReadOnlySpan<uint> panels, ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeros, int outputs, int inputs, int group, Span<float> y)
    {
        Shape.Require(group > 0 && group % PerWord == 0 && inputs % group == 0, nameof(group), $"groups of {group} do not divide {inputs} inputs into whole words");
        var tokens = x.Length / inputs;
        Shape.Require(tokens * inputs == x.Length, nameof(x), $"{x.Length} values are not rows of {inputs}");
        Shape.Require(y.Length == tokens * outputs, nameof(y), $"{y.Length} values, not {tokens} x {outputs}");
        Shape.Require(panels.Length >= PackedLength(outputs, inputs), nameof(panels), $"{panels.Length} words are too few for {outputs} x {inputs}");
        var groups = PanelLayout.PackedLength(outputs, inputs / group);
        Shape.Require(scales.Length >= groups, nameof(scales), $"{scales.Length} scales are too few for {outputs} x {inputs / group}");
        Shape.Require(zeros.Length >= groups, nameof(zeros), $"{zeros.Length} zero points are too few for {outputs} x {inputs / group}");
        Shape.Require(!y.Overlaps(x), nameof(y), "output overlaps input");
        Int4Product.Run(x, panels, scales, zeros, outputs, inputs, group, y);
    }
}
