using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Rows of activations in 8 bits, as the integer products read them: x ≈ scale · code in blocks of 32 inputs, with figures of each block. Allocated
/// once for the largest step; quantized anew for each product.
/// </summary>
/// <remarks>A row's codes do not depend on the rows beside it. |x − scale · code| ≤ scale / 2 with scale = max|x| / 127 of the block.</remarks>
public sealed unsafe class ActivationBlocks
{
    private const float Largest = 127;
    private const int FirstCodes = StripLayout.BlockInputs / 2;

    // Below it the reciprocal would overflow; what is that small counts as zero.
    private const float SmallestScale = 1e-30f;

    private readonly sbyte[] codes;
    private readonly BlockFigures[] figures;

    /// <param name="tokens">Rows at most.</param>
    /// <param name="inputs">Inputs of a row at most.</param>
    public ActivationBlocks(int tokens, int inputs)
    {
        var blocks = tokens * StripLayout.Blocks(inputs);
        codes = GC.AllocateArray<sbyte>(blocks * StripLayout.BlockInputs, pinned: true);
        figures = GC.AllocateArray<BlockFigures>(blocks, pinned: true);
    }

    /// <summary>T: rows of the last <see cref="Quantize"/>.</summary>
    public int Tokens { get; private set; }

    /// <summary>K.</summary>
    public int Inputs { get; private set; }

    /// <summary>Blocks of a row.</summary>
    public int Blocks { get; private set; }

    /// <summary>Codes of a row, block after block.</summary>
    public ReadOnlySpan<sbyte> Codes(int token) => codes.AsSpan(token * Blocks * StripLayout.BlockInputs, Blocks * StripLayout.BlockInputs);

    /// <summary>Figures of a row's blocks.</summary>
    public ReadOnlySpan<BlockFigures> Figures(int token) => figures.AsSpan(token * Blocks, Blocks);

    internal Rows From(int token) => new(
        (sbyte*)Unsafe.AsPointer(ref codes[0]) + ((nint)token * Blocks * StripLayout.BlockInputs), (BlockFigures*)Unsafe.AsPointer(ref figures[0]) + ((nint)token * Blocks), Blocks);

    /// <summary>Bytes that a step of this size takes.</summary>
    public static long Bytes(long tokens, int inputs) => tokens * StripLayout.Blocks(inputs) * (StripLayout.BlockInputs + sizeof(BlockFigures));

    /// <summary>The definition, for one block: codes are rounded to the nearest, ties to even.</summary>
    /// <param name="x">At most 32 values.</param>
    /// <param name="codes">32 codes; what x does not reach is 0.</param>
    /// <returns>Its figures.</returns>
    public static BlockFigures Reference(ReadOnlySpan<float> x, Span<sbyte> codes)
    {
        var most = 0f;
        foreach (var value in x)
        {
            most = MathF.Max(most, MathF.Abs(value));
        }

        var (scale, firstSum, otherSum) = (most / Largest, 0, 0);
        var inverse = scale > SmallestScale ? 1 / scale : 0;
        codes.Clear();
        for (var k = 0; k < x.Length; k++)
        {
            codes[k] = (sbyte)MathF.Round(x[k] * inverse);
            (firstSum, otherSum) = k < FirstCodes ? (firstSum + codes[k], otherSum) : (firstSum, otherSum + codes[k]);
        }

        return new(scale, firstSum, otherSum);
    }

    /// <summary>Takes rows in.</summary>
    /// <param name="x">[T, K]. A value that is not finite makes the scale of its block so, and with it every product.</param>
    /// <param name="inputs">K.</param>
    /// <exception cref="ArgumentException">More rows or inputs than were allocated.</exception>
    public void Quantize(ReadOnlySpan<float> x, int inputs)
    {
        var (tokens, blocks) = (x.Length / inputs, StripLayout.Blocks(inputs));
        Shape.Require(tokens * inputs == x.Length, nameof(x), $"{x.Length} values are no rows of {inputs}");
        Shape.Require((long)tokens * blocks <= figures.Length, nameof(x), $"{tokens} rows of {inputs} are more than {figures.Length} blocks");
        (Tokens, Inputs, Blocks) = (tokens, inputs, blocks);
        for (var t = 0; t < tokens; t++)
        {
            for (var b = 0; b < blocks; b++)
            {
                var from = (t * inputs) + (b * StripLayout.BlockInputs);
                var at = (t * blocks) + b;
                var block = codes.AsSpan(at * StripLayout.BlockInputs, StripLayout.BlockInputs);
                var values = x[from..Math.Min(from + StripLayout.BlockInputs, (t + 1) * inputs)];
                figures[at] = values.Length == StripLayout.BlockInputs && Avx512F.IsSupported ? Whole(values, block) : Reference(values, block);
            }
        }
    }

    private static BlockFigures Whole(ReadOnlySpan<float> x, Span<sbyte> codes)
    {
        var (low, high) = (Vector512.Create(x), Vector512.Create(x[16..]));
        var most = Vector512.Max(Vector512.Abs(low), Vector512.Abs(high));
        var half = Vector256.Max(most.GetLower(), most.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        var scale = MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3])) / Largest;
        var inverse = Vector512.Create(scale > SmallestScale ? 1 / scale : 0);
        // Rounds to the nearest, ties to even.
        Vector512<int> first = Avx512F.ConvertToVector512Int32(low * inverse), second = Avx512F.ConvertToVector512Int32(high * inverse);
        Avx512F.ConvertToVector128SByte(first).CopyTo(codes);
        Avx512F.ConvertToVector128SByte(second).CopyTo(codes[16..]);
        return new(scale, Vector512.Sum(first), Vector512.Sum(second));
    }

    /// <summary>Where rows stand from some token on.</summary>
    internal readonly struct Rows(sbyte* codes, BlockFigures* figures, int blocks)
    {
        public sbyte* Codes { get; } = codes;

        public BlockFigures* Figures { get; } = figures;

        public int Blocks { get; } = blocks;

        public Rows Next(int tokens) => new(Codes + ((nint)tokens * Blocks * StripLayout.BlockInputs), Figures + ((nint)tokens * Blocks), Blocks);
    }
}
