using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// y[t, n] = Σ over blocks b of 32 inputs of s[n, b] · a[t, b] · Σ over k in b of x[t, k] · (q[n, k] − z[n, b]): 4-bit weights with a scale and a zero point for
/// each group of inputs, 8-bit activations (<see cref="ActivationBlocks"/>), exact sums in a block, f32 across blocks.
/// </summary>
public static unsafe class MatMulInt4
{
    /// <summary>The zero point of a matrix without zero points.</summary>
    public const sbyte Middle = 8;

    /// <summary>The definition: plain rows of codes and dequantized activations, summed in double.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="codes">q, [N, K], 0 to 15.</param>
    /// <param name="scales">s, [N, K / group].</param>
    /// <param name="zeros">z, [N, K / group]; empty: all are <see cref="Middle"/>.</param>
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
            rows[i] = (codes[i] - (zeros.IsEmpty ? Middle : zeros[i / group])) * (double)scales[i / group];
        }

        MatMul.Reference(x, rows, outputs, inputs, y);
    }

    /// <summary>Bytes that a packed [N, K] matrix takes, padding included: 4.5 bits a weight, 4.75 with zero points.</summary>
    public static int PackedLength(int outputs, int inputs, bool hasZeros) => StripLayout.Length(outputs, inputs, StripLayout.Blocks(inputs) * BlockBytes(hasZeros));

    /// <summary>Packs codes, scales and zero points. A group's scale is repeated for each of its blocks, so that a block needs nothing from elsewhere.</summary>
    /// <param name="codes">q, [N, K], 0 to 15.</param>
    /// <param name="scales">s, [N, K / group]; rounded to half precision, as checkpoints store them.</param>
    /// <param name="zeros">z, [N, K / group], 0 to 15; empty: all are <see cref="Middle"/>.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="strips">Destination, at least <see cref="PackedLength"/> bytes; wholly written.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, groups are not whole blocks of 32 inputs, or a scale is no half.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, ReadOnlySpan<sbyte> zeros, int outputs, int inputs, Span<byte> strips)
    {
        var (blockBytes, blocks) = (BlockBytes(!zeros.IsEmpty), StripLayout.Blocks(inputs));
        Shape.Require(codes.Length == outputs * inputs, nameof(codes), $"{codes.Length} codes, not {outputs} x {inputs}");
        Shape.Require(scales.Length > 0 && codes.Length % scales.Length == 0, nameof(scales), $"{scales.Length} scales for {codes.Length} codes");
        Shape.Require(zeros.IsEmpty || zeros.Length == scales.Length, nameof(zeros), $"{zeros.Length} zero points, not {scales.Length}");
        Shape.Require(strips.Length >= PackedLength(outputs, inputs, !zeros.IsEmpty), nameof(strips), $"{strips.Length} bytes are too few for {outputs} x {inputs}");
        var group = codes.Length / scales.Length;
        Shape.Require(group % StripLayout.BlockInputs == 0 && inputs % group == 0, nameof(scales), $"groups of {group} in {inputs} inputs are not whole blocks of {StripLayout.BlockInputs}");
        HalfScales.Require(scales, nameof(scales));
        strips.Clear();
        for (var n = 0; n < outputs; n++)
        {
            for (var b = 0; b < blocks; b++)
            {
                var block = strips.Slice(((n / StripLayout.Rows * blocks) + b) * blockBytes, blockBytes);
                var from = (n * inputs) + (b * StripLayout.BlockInputs);
                Nibbles.Pack(codes.Slice(from, StripLayout.BlockInputs), n % StripLayout.Rows, block);
                BinaryPrimitives.WriteHalfLittleEndian(block[(Nibbles.Bytes + (n % StripLayout.Rows * sizeof(ushort)))..], (Half)scales[from / group]);
                if (!zeros.IsEmpty)
                {
                    block[Nibbles.Bytes + HalfScales.Bytes + (n % StripLayout.Rows)] = (byte)zeros[from / group];
                }
            }
        }
    }

    /// <summary>Multiplies some strips of a packed matrix.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="packed">By <see cref="Pack"/>.</param>
    /// <param name="hasZeros">Whether it has zero points.</param>
    /// <param name="outputs">N.</param>
    /// <param name="firstStrip">First strip to multiply.</param>
    /// <param name="strips">How many.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; only the columns of these strips are written.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>Bitwise the same alone, in any batch, in any parts and at any vector width. |y − Reference| on dequantized activations ≤ K/32 · 2⁻²³ · Σ|x·w|.</remarks>
    public static void Invoke(ActivationBlocks x, ReadOnlySpan<byte> packed, bool hasZeros, int outputs, int firstStrip, int strips, Span<float> y, int stride)
    {
        Shape.Require(packed.Length >= PackedLength(outputs, x.Inputs, hasZeros), nameof(packed), $"{packed.Length} bytes are too few for {outputs} x {x.Inputs}");
        Shape.RequireRows(y.Length, x.Tokens, outputs, stride);
        Shape.Require(firstStrip >= 0 && strips >= 0 && firstStrip + strips <= StripLayout.Strips(outputs), nameof(strips), $"strips {firstStrip} to {firstStrip + strips} of {outputs} outputs");
        fixed (byte* w = packed)
        {
            fixed (float* py = y)
            {
                var run = new StripRun(x, w, x.Blocks * BlockBytes(hasZeros), outputs, py, stride);
                if (hasZeros)
                {
                    FewBitStrip<Nibbles, WithZeros>.Run(run, firstStrip, strips);
                }
                else
                {
                    FewBitStrip<Nibbles, AroundMiddle>.Run(run, firstStrip, strips);
                }
            }
        }
    }

    private static int BlockBytes(bool hasZeros) => Nibbles.Bytes + HalfScales.Bytes + (hasZeros ? StripLayout.Rows : 0);
}
