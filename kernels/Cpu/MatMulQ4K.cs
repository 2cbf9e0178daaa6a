using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// y[t, n] = Σ over blocks b of 32 inputs of a[t, b] · (d[n, b/8] s[n, b] · Σ over k in b of x[t, k] · q[n, k] − e[n, b/8] m[n, b] · Σ x[t, k]): ggml's Q4_K as it is stored,
/// 4-bit codes with scales s and minimums m of 6 bits under halves d and e; 8-bit activations (<see cref="ActivationBlocks"/>), exact sums in a block, f32 across blocks.
/// </summary>
public static unsafe class MatMulQ4K
{
    /// <summary>Inputs under one d and e; rows are whole super-blocks.</summary>
    public const int SuperBlockInputs = StripLayout.SuperBlock * StripLayout.BlockInputs;

    /// <summary>The definition: plain rows and dequantized activations, summed in double.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="matrix">[N, K].</param>
    /// <param name="y">Output, [T, N].</param>
    public static void Reference(ReadOnlySpan<double> x, SuperBlockRows matrix, Span<double> y)
    {
        var rows = new double[matrix.Codes.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (b, super) = (i / StripLayout.BlockInputs, i / SuperBlockInputs);
            rows[i] = ((double)matrix.Scales[super] * matrix.BlockScales[b] * matrix.Codes[i]) - ((double)matrix.MinimumScales[super] * matrix.BlockMinimums[b]);
        }

        MatMul.Reference(x, rows, matrix.Outputs, matrix.Inputs, y);
    }

    /// <summary>Bytes that a packed [N, K] matrix takes, padding included: 4.625 bits a weight, and 64 bytes for each 16 rows.</summary>
    public static int PackedLength(int outputs, int inputs) => StripLayout.Length(outputs, inputs, FewBitStrip<Nibbles, WithMinimums>.Bytes(StripLayout.Blocks(inputs)));

    /// <summary>Packs rows.</summary>
    /// <param name="matrix">[N, K] with a scale and a minimum for each 32 inputs.</param>
    /// <param name="strips">Destination, at least <see cref="PackedLength"/> bytes; wholly written.</param>
    /// <exception cref="ArgumentException">A length does not fit N and K, or a scale is no half.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(SuperBlockRows matrix, Span<byte> strips)
    {
        matrix.Require(StripLayout.BlockInputs, hasMinimums: true);
        var (blocks, stripBytes) = (StripLayout.Blocks(matrix.Inputs), FewBitStrip<Nibbles, WithMinimums>.Bytes(StripLayout.Blocks(matrix.Inputs)));
        Shape.Require(strips.Length >= PackedLength(matrix.Outputs, matrix.Inputs), nameof(strips), $"{strips.Length} bytes are too few for {matrix.Outputs} x {matrix.Inputs}");
        strips.Clear();
        var supers = blocks / StripLayout.SuperBlock;
        for (var firstRow = 0; firstRow < matrix.Outputs; firstRow += StripLayout.Rows)
        {
            var rows = Math.Min(StripLayout.Rows, matrix.Outputs - firstRow);
            var strip = strips.Slice(firstRow / StripLayout.Rows * stripBytes, stripBytes);
            var unit = StripUnit.Write(matrix.Scales.Slice(firstRow * supers, rows * supers), matrix.MinimumScales.Slice(firstRow * supers, rows * supers), strip);
            for (var row = 0; row < rows; row++)
            {
                for (var super = 0; super < supers; super++)
                {
                    var from = ((firstRow + row) * supers) + super;
                    var head = strip[(StripUnit.Bytes + (super * WithMinimums.HeadBytes))..];
                    BinaryPrimitives.WriteHalfLittleEndian(head[(row * sizeof(ushort))..], (Half)(matrix.Scales[from] * unit));
                    BinaryPrimitives.WriteHalfLittleEndian(head[(HalfScales.Bytes + (row * sizeof(ushort)))..], (Half)(matrix.MinimumScales[from] * unit));
                }

                var block = strip[(StripUnit.Bytes + (supers * WithMinimums.HeadBytes))..];
                for (var b = 0; b < blocks; b++, block = block[(Nibbles.Bytes + WithMinimums.Bytes)..])
                {
                    var from = ((firstRow + row) * blocks) + b;
                    Nibbles.Pack(matrix.Codes.Slice(from * StripLayout.BlockInputs, StripLayout.BlockInputs), row, block);
                    block[Nibbles.Bytes + row] = (byte)matrix.BlockScales[from];
                    block[Nibbles.Bytes + StripLayout.Rows + row] = matrix.BlockMinimums[from];
                }
            }
        }
    }

    /// <summary>Multiplies some strips of a packed matrix.</summary>
    /// <param name="x">Activations, [T, K].</param>
    /// <param name="packed">By <see cref="Pack"/>.</param>
    /// <param name="outputs">N.</param>
    /// <param name="firstStrip">First strip to multiply.</param>
    /// <param name="strips">How many.</param>
    /// <param name="y">Output, [T, N] in rows of <paramref name="stride"/>; only the columns of these strips are written.</param>
    /// <param name="stride">From one token's outputs to the next one's: N, or more where other matrices' outputs lie beside.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <remarks>Bitwise the same alone, in any batch, in any parts and at any vector width. |y − Reference| on dequantized activations ≤ K/32 · 2⁻²² · Σ(|x·d s q| + |x·e m|).</remarks>
    public static void Invoke(ActivationBlocks x, ReadOnlySpan<byte> packed, int outputs, int firstStrip, int strips, Span<float> y, int stride)
    {
        Shape.Require(x.Inputs % SuperBlockInputs == 0, nameof(x), $"{x.Inputs} inputs are no whole super-blocks of {SuperBlockInputs}");
        Shape.Require(packed.Length >= PackedLength(outputs, x.Inputs), nameof(packed), $"{packed.Length} bytes are too few for {outputs} x {x.Inputs}");
        Shape.RequireRows(y.Length, x.Tokens, outputs, stride);
        Shape.Require(firstStrip >= 0 && strips >= 0 && firstStrip + strips <= StripLayout.Strips(outputs), nameof(strips), $"strips {firstStrip} to {firstStrip + strips} of {outputs} outputs");
        fixed (byte* w = packed)
        {
            fixed (float* py = y)
            {
                FewBitStrip<Nibbles, WithMinimums>.Run(new(x, w, FewBitStrip<Nibbles, WithMinimums>.Bytes(x.Blocks), outputs, py, stride), firstStrip, strips);
            }
        }
    }
}
