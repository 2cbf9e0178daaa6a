using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// y[t, n] = s[n] · Σ over blocks b of 32 inputs of r[n, b] · a[t, b] · Σ over k in b of x[t, k] · q[n, k]: 8-bit weights with one scale a row (s) or one a block (r),
/// 8-bit activations (<see cref="ActivationBlocks"/>), exact sums in a block, f32 across blocks.
/// </summary>
public static unsafe class MatMulInt8
{
    internal const int CodeBytes = StripLayout.Rows * StripLayout.BlockInputs;

    // Stored as unsigned, which the instruction wants on its left.
    internal const int Offset = 128;

    /// <summary>The definition: plain rows of codes and dequantized activations, summed in double.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="codes">q, [N, K], −127 to 127.</param>
    /// <param name="scales">[N] for one scale a row, [N, K / 32] for one a block.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K.</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, int outputs, int inputs, Span<double> y)
    {
        var (rows, group) = (new double[codes.Length], codes.Length / scales.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = codes[i] * (double)scales[i / group];
        }

        MatMul.Reference(x, rows, outputs, inputs, y);
    }

    /// <summary>Bytes that a packed [N, K] matrix takes, padding included: 8 bits a weight, 8.5 with a scale for each block.</summary>
    public static int PackedLength(int outputs, int inputs, bool hasBlockScales) => StripLayout.Length(outputs, inputs, StripLayout.Blocks(inputs) * BlockBytes(hasBlockScales));

    /// <summary>Packs codes and, where there is one for each block, scales.</summary>
    /// <param name="codes">q, [N, K], −127 to 127.</param>
    /// <param name="blockScales">r, [N, K / 32], rounded to half precision; empty for one scale a row.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K; with block scales a multiple of 32.</param>
    /// <param name="strips">Destination, at least <see cref="PackedLength"/> bytes; wholly written.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or a scale is no half.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> blockScales, int outputs, int inputs, Span<byte> strips)
    {
        var (blockBytes, blocks) = (BlockBytes(!blockScales.IsEmpty), StripLayout.Blocks(inputs));
        Shape.Require(codes.Length == outputs * inputs, nameof(codes), $"{codes.Length} codes, not {outputs} x {inputs}");
        Shape.Require(blockScales.IsEmpty || (blockScales.Length == outputs * blocks && inputs % StripLayout.BlockInputs == 0), nameof(blockScales), $"{blockScales.Length} scales for {outputs} x {inputs}");
        Shape.Require(strips.Length >= PackedLength(outputs, inputs, !blockScales.IsEmpty), nameof(strips), $"{strips.Length} bytes are too few for {outputs} x {inputs}");
        HalfScales.Require(blockScales, nameof(blockScales));
        strips.Clear();
        for (var n = 0; n < outputs; n++)
        {
            var (row, strip) = (n % StripLayout.Rows, n / StripLayout.Rows);
            for (var b = 0; b < blocks; b++)
            {
                var block = strips.Slice(((strip * blocks) + b) * blockBytes, blockBytes);
                PackRow(codes.Slice(n * inputs, inputs)[(b * StripLayout.BlockInputs)..], row, block);
                if (!blockScales.IsEmpty)
                {
                    BinaryPrimitives.WriteHalfLittleEndian(block[(CodeBytes + (row * sizeof(ushort)))..], (Half)blockScales[(n * blocks) + b]);
                }
            }
        }
    }

    /// <summary>Multiplies some strips of a packed matrix.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="packed">By <see cref="Pack"/>.</param>
    /// <param name="rowScales">s, [N]; empty where the blocks have scales.</param>
    /// <param name="outputs">N.</param>
    /// <param name="firstStrip">First strip to multiply.</param>
    /// <param name="strips">How many.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; only the columns of these strips are written.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>Bitwise the same alone, in any batch, in any parts and at any vector width. |y − Reference| on dequantized activations ≤ K/32 · 2⁻²³ · Σ|x·w|.</remarks>
    public static void Invoke(ActivationBlocks x, ReadOnlySpan<byte> packed, ReadOnlySpan<float> rowScales, int outputs, int firstStrip, int strips, Span<float> y, int stride)
    {
        var hasBlockScales = rowScales.IsEmpty;
        Shape.Require(hasBlockScales || rowScales.Length == outputs, nameof(rowScales), $"{rowScales.Length} scales for {outputs} rows");
        Shape.Require(packed.Length >= PackedLength(outputs, x.Inputs, hasBlockScales), nameof(packed), $"{packed.Length} bytes are too few for {outputs} x {x.Inputs}");
        Shape.RequireRows(y.Length, x.Tokens, outputs, stride);
        Shape.Require(firstStrip >= 0 && strips >= 0 && firstStrip + strips <= StripLayout.Strips(outputs), nameof(strips), $"strips {firstStrip} to {firstStrip + strips} of {outputs} outputs");
        fixed (byte* w = packed)
        {
            fixed (float* py = y)
            {
                var run = new StripRun(x, w, x.Blocks * BlockBytes(hasBlockScales), outputs, py, stride);
                if (hasBlockScales)
                {
                    Int8Strip<ScaledBlocks>.Run(run, firstStrip, strips);
                }
                else
                {
                    Int8Strip<ScaledRows>.Run(run, firstStrip, strips);
                    ScaleRows(y, stride, rowScales, x.Tokens, firstStrip * StripLayout.Rows, Math.Min((firstStrip + strips) * StripLayout.Rows, outputs));
                }
            }
        }
    }

    private static int BlockBytes(bool hasBlockScales) => CodeBytes + (hasBlockScales ? StripLayout.Rows * sizeof(ushort) : 0);

    /// <summary>Four inputs of a row lie side by side; adding <see cref="Offset"/> to a signed byte is turning its highest bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackRow(ReadOnlySpan<sbyte> rest, int row, Span<byte> block)
    {
        Span<sbyte> padded = stackalloc sbyte[StripLayout.BlockInputs];
        padded.Fill(unchecked((sbyte)Offset));   // an input beyond the last one is packed as zero
        rest[..Math.Min(rest.Length, padded.Length)].CopyTo(padded);
        var fours = MemoryMarshal.Cast<sbyte, uint>(padded);
        var packed = MemoryMarshal.Cast<byte, uint>(block[..CodeBytes]);
        for (var j = 0; j < fours.Length; j++)
        {
            packed[(j * StripLayout.Rows) + row] = fours[j] ^ 0x80808080;
        }
    }

    private static void ScaleRows(Span<float> y, int stride, ReadOnlySpan<float> scales, int tokens, int from, int to)
    {
        for (var t = 0; t < tokens; t++)
        {
            var row = y.Slice((t * stride) + from, to - from);
            for (var n = 0; n < row.Length; n++)
            {
                row[n] *= scales[from + n];
            }
        }
    }
}
