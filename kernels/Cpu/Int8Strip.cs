using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

// Legend: a block is 32 inputs of 16 rows: 512 bytes of codes + 128, and 16 halves of scales where blocks have them.
// Invariant: as in FewBitStrip; a block's sum is at most 32 · 127 · 127, which a float holds exactly. .NET has no class for the 512-bit dot product, so eight rows are one vector.

/// <summary>Sums of one strip of 8-bit weights, for one token or for four at once.</summary>
internal static unsafe class Int8Strip<TScale>
    where TScale : struct, IBlockScale
{
    private const int Tile = 4;
    private const int Half = StripLayout.Rows / 2;

    // Blocks, 9 KB: as in FewBitStrip.
    private const int Ahead = 16;

    private static int BlockBytes
    {
        // A call in a loop would put all sums into memory and back.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => MatMulInt8.CodeBytes + TScale.Bytes;
    }

    public static void Run(in StripRun run, int firstStrip, int strips)
    {
        var sums = stackalloc float[Tile * StripLayout.Rows];
        for (var strip = firstStrip; strip < firstStrip + strips; strip++)
        {
            var w = run.Strip(strip);
            var t = 0;
            for (; t + Tile <= run.Tokens && AvxVnni.IsSupported; t += Tile)
            {
                FourTokens(w, run.X.Next(t), sums);
                for (var i = 0; i < Tile; i++)
                {
                    run.Store(sums + (i * StripLayout.Rows), t + i, strip);
                }
            }

            for (; t < run.Tokens; t++)
            {
                OneToken(w, run.X.Next(t), sums);
                run.Store(sums, t, strip);
            }
        }
    }

    /// <summary>As the machine has it.</summary>
    public static void OneToken(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        if (AvxVnni.IsSupported)
        {
            OneTokenVnni(w, x, sums);
        }
        else if (Avx2.IsSupported)
        {
            OneTokenAvx2(w, x, 0, sums);
            OneTokenAvx2(w, x, Half, sums + Half);
        }
        else
        {
            OneTokenPortable(w, x, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneTokenVnni(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        var codes = x.Codes;
        Vector256<float> low = default, high = default;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            Prefetch(w);
            Vector256<int> i0 = Vector256.Create(x.Figures[b].AroundMiddle8), i1 = i0;
            for (var j = 0; j < 8; j++)
            {
                var four = Vector256.Create(*(int*)(codes + (4 * j))).AsSByte();
                i0 = AvxVnni.MultiplyWideningAndAdd(i0, Vector256.Load(w + (64 * j)), four);
                i1 = AvxVnni.MultiplyWideningAndAdd(i1, Vector256.Load(w + (64 * j) + 32), four);
            }

            var scale = Vector256.Create(x.Figures[b].Scale);
            low = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(i0), TScale.Of(w + MatMulInt8.CodeBytes, scale), low);
            high = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(i1), TScale.Of(w + MatMulInt8.CodeBytes + (Half * sizeof(ushort)), scale), high);
        }

        low.Store(sums);
        high.Store(sums + Half);
    }

    /// <summary>Four tokens, so that a weight that is read counts four times and an activation twice; all in locals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourTokens(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        nint n = x.Blocks, row = n * StripLayout.BlockInputs;
        var codes = x.Codes;
        var figures = x.Figures;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs, figures++)
        {
            Prefetch(w);
            Vector256<int> low0 = Vector256.Create(figures->AroundMiddle8), low1 = Vector256.Create(figures[n].AroundMiddle8);
            Vector256<int> low2 = Vector256.Create(figures[2 * n].AroundMiddle8), low3 = Vector256.Create(figures[3 * n].AroundMiddle8);
            Vector256<int> high0 = low0, high1 = low1, high2 = low2, high3 = low3;
            for (var j = 0; j < StripLayout.BlockInputs; j += StripLayout.Run)
            {
                Vector256<byte> low = Vector256.Load(w + (StripLayout.Rows * j)), high = Vector256.Load(w + (StripLayout.Rows * j) + 32);
                Vector256<sbyte> x0 = Four(codes + j), x1 = Four(codes + j + row), x2 = Four(codes + j + (2 * row)), x3 = Four(codes + j + (3 * row));
                low0 = AvxVnni.MultiplyWideningAndAdd(low0, low, x0);
                high0 = AvxVnni.MultiplyWideningAndAdd(high0, high, x0);
                low1 = AvxVnni.MultiplyWideningAndAdd(low1, low, x1);
                high1 = AvxVnni.MultiplyWideningAndAdd(high1, high, x1);
                low2 = AvxVnni.MultiplyWideningAndAdd(low2, low, x2);
                high2 = AvxVnni.MultiplyWideningAndAdd(high2, high, x2);
                low3 = AvxVnni.MultiplyWideningAndAdd(low3, low, x3);
                high3 = AvxVnni.MultiplyWideningAndAdd(high3, high, x3);
            }

            byte* scales = w + MatMulInt8.CodeBytes, others = scales + (Half * sizeof(ushort));
            (a0, b0) = (Add(a0, low0, scales, figures), Add(b0, high0, others, figures));
            (a1, b1) = (Add(a1, low1, scales, figures + n), Add(b1, high1, others, figures + n));
            (a2, b2) = (Add(a2, low2, scales, figures + (2 * n)), Add(b2, high2, others, figures + (2 * n)));
            (a3, b3) = (Add(a3, low3, scales, figures + (3 * n)), Add(b3, high3, others, figures + (3 * n)));
        }

        a0.Store(sums);
        b0.Store(sums + 8);
        a1.Store(sums + 16);
        b1.Store(sums + 24);
        a2.Store(sums + 32);
        b2.Store(sums + 40);
        a3.Store(sums + 48);
        b3.Store(sums + 56);
    }

    /// <summary>Without the dot product instruction: of signed codes, since two products of unsigned ones do not fit 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneTokenAvx2(byte* w, ActivationBlocks.Rows x, int row, float* sums)
    {
        var codes = x.Codes;
        var total = Vector256<float>.Zero;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            var dot = Vector256<int>.Zero;
            for (var j = 0; j < 8; j++)
            {
                var signed = (Vector256.Load(w + (64 * j) + (StripLayout.Run * row)) ^ Vector256.Create((byte)MatMulInt8.Offset)).AsSByte();
                var four = Vector256.Create(*(int*)(codes + (4 * j))).AsSByte();
                var pairs = Avx2.MultiplyAddAdjacent(Vector256.Abs(signed).AsByte(), Avx2.Sign(four, signed));
                dot += Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);
            }

            total = Add(total, dot, w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Figures + b);
        }

        total.Store(sums);
    }

    /// <summary>The same sums without vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneTokenPortable(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        var dots = stackalloc int[StripLayout.Rows];
        new Span<float>(sums, StripLayout.Rows).Clear();
        var codes = x.Codes;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            new Span<int>(dots, StripLayout.Rows).Fill(x.Figures[b].AroundMiddle8);
            for (var j = 0; j < 8; j++)
            {
                for (var row = 0; row < StripLayout.Rows; row += PortableDot.Rows)
                {
                    PortableDot.Add(Vector128.Load(w + (64 * j) + (StripLayout.Run * row)), codes + (4 * j), dots + row);
                }
            }

            for (var row = 0; row < StripLayout.Rows; row++)
            {
                sums[row] = MathF.FusedMultiplyAdd(dots[row], TScale.Of(w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Figures[b].Scale), sums[row]);
            }
        }
    }

    public static void OneTokenScalar(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        new Span<float>(sums, StripLayout.Rows).Clear();
        var codes = x.Codes;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            for (var row = 0; row < StripLayout.Rows; row++)
            {
                var dot = 0;
                for (var k = 0; k < StripLayout.BlockInputs; k++)
                {
                    var at = (k / StripLayout.Run * StripLayout.Rows * StripLayout.Run) + (row * StripLayout.Run) + (k % StripLayout.Run);
                    dot += (w[at] - MatMulInt8.Offset) * codes[k];
                }

                sums[row] = MathF.FusedMultiplyAdd(dot, TScale.Of(w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Figures[b].Scale), sums[row]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add(Vector256<float> total, Vector256<int> dot, byte* scales, BlockFigures* figures) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), TScale.Of(scales, Vector256.Create(figures->Scale)), total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Four(sbyte* x) => Vector256.Create(*(int*)x).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* w)
    {
        var next = w + (Ahead * BlockBytes);
        for (var line = 0; line < 512; line += 64)
        {
            Sse.Prefetch0(next + line);
        }
    }
}
