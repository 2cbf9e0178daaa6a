using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// y[t, n] = Σ over blocks b of 32 inputs of s[n, b] · a[t, b] · Σ over k in b of x[t, k] · (q[n, k] − z[n, b]): 4-bit weights with a scale and a zero point for
/// each group of inputs, 8-bit activations (<see cref="ActivationBlocks"/>), exact sums in a block, f32 across blocks.
/// </summary>
public static unsafe class MatMulInt4
{
    /// <summary>The zero point of a matrix without zero points.</summary>
    public const sbyte Middle = 8;

    internal const int CodeBytes = StripLayout.Rows * StripLayout.BlockInputs / 2;
    internal const int ScaleBytes = StripLayout.Rows * sizeof(ushort);

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
    public static int PackedLength(int outputs, int inputs, bool hasZeros) => StripLayout.Length(outputs, inputs, BlockBytes(hasZeros));

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
                PackRow(codes.Slice(from, StripLayout.BlockInputs), n % StripLayout.Rows, block);
                BinaryPrimitives.WriteHalfLittleEndian(block[(CodeBytes + (n % StripLayout.Rows * sizeof(ushort)))..], (Half)scales[from / group]);
                if (!zeros.IsEmpty)
                {
                    block[CodeBytes + ScaleBytes + (n % StripLayout.Rows)] = (byte)zeros[from / group];
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
    /// <param name="y">Output, [T, N]; only the columns of these strips are written.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>Bitwise the same alone, in any batch, in any parts and at any vector width. |y − Reference| on dequantized activations ≤ K/32 · 2⁻²³ · Σ|x·w|.</remarks>
    public static void Invoke(ActivationBlocks x, ReadOnlySpan<byte> packed, bool hasZeros, int outputs, int firstStrip, int strips, Span<float> y)
    {
        Shape.Require(packed.Length >= PackedLength(outputs, x.Inputs, hasZeros), nameof(packed), $"{packed.Length} bytes are too few for {outputs} x {x.Inputs}");
        Shape.Require(y.Length == x.Tokens * outputs, nameof(y), $"{y.Length} values, not {x.Tokens} x {outputs}");
        Shape.Require(firstStrip >= 0 && strips >= 0 && firstStrip + strips <= StripLayout.Strips(outputs), nameof(strips), $"strips {firstStrip} to {firstStrip + strips} of {outputs} outputs");
        fixed (byte* w = packed)
        {
            fixed (float* py = y)
            {
                var run = new StripRun(x, w, BlockBytes(hasZeros), outputs, py);
                if (hasZeros)
                {
                    Int4Strip<WithZeros>.Run(run, firstStrip, strips);
                }
                else
                {
                    Int4Strip<AroundMiddle>.Run(run, firstStrip, strips);
                }
            }
        }
    }

    internal static int BlockBytes(bool hasZeros) => CodeBytes + ScaleBytes + (hasZeros ? StripLayout.Rows : 0);

    /// <summary>Byte 64 j + 4 row + c holds input 4 j + c in its low half and input 16 + 4 j + c in its high half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackRow(ReadOnlySpan<sbyte> codes, int row, Span<byte> block)
    {
        const int nibbles = 0x0F0F0F0F;
        var fours = MemoryMarshal.Cast<sbyte, int>(codes);
        var packed = MemoryMarshal.Cast<byte, int>(block[..CodeBytes]);
        for (var j = 0; j < fours.Length / 2; j++)
        {
            packed[(j * StripLayout.Rows) + row] = (fours[j] & nibbles) | ((fours[j + (fours.Length / 2)] & nibbles) << 4);
        }
    }
}
