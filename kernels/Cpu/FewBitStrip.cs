using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

// Legend: a strip is its scales' unit, what they have for each 8 blocks, then its blocks; a block is 32 inputs of 16 rows: codes, then scales.
// Invariant: the sum in a block is exact in integers, and each row adds its blocks in ascending order with the same fused multiply-adds. So neither the width of
// a vector nor the number of tokens changes a bit.

/// <summary>Sums of one strip of weights of 4 or 6 bits, for one token, or for four or eight at once.</summary>
internal static unsafe class FewBitStrip<TCodes, TScales>
    where TCodes : struct, IStripCodes
    where TScales : struct, IStripScales
{
    private const int Tile = 8;
    private const int HalfTile = 4;

    // Blocks, 9 KB at 4 bits: with the 2 KB that a core has under way to memory, every line was still waited for. A prefetch beyond the matrix does nothing.
    private const int Ahead = 32;

    private static int BlockBytes
    {
        // A call in a loop would put all sums into memory and back.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TCodes.Bytes + TScales.Bytes;
    }

    /// <summary>Bytes of a strip.</summary>
    /// <param name="blocks">Blocks of a row; where scales have a head, a multiple of 8.</param>
    public static int Bytes(int blocks) => TScales.UnitBytes + (blocks * BlockBytes) + (blocks / StripLayout.SuperBlock * TScales.HeadBytes);

    public static void Run(in StripRun run, int firstStrip, int strips)
    {
        var sums = stackalloc float[Tile * StripLayout.Rows];
        for (var strip = firstStrip; strip < firstStrip + strips; strip++)
        {
            var w = run.Strip(strip);
            var t = 0;
            for (; t + Tile <= run.Tokens && Avx512BW.IsSupported; t += Tile)
            {
                EightTokens(w, run.X.Next(t), sums);
                for (var i = 0; i < Tile; i++)
                {
                    run.Store(sums + (i * StripLayout.Rows), t + i, strip);
                }
            }

            for (; t + HalfTile <= run.Tokens && Avx512BW.IsSupported; t += HalfTile)
            {
                FourTokens(w, run.X.Next(t), sums);
                for (var i = 0; i < HalfTile; i++)
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

    /// <summary>As wide as the machine has it.</summary>
    public static void OneToken(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        if (Avx512BW.IsSupported)
        {
            OneToken512(w, x, sums);
        }
        else if (Avx2.IsSupported)
        {
            OneToken256(w, x, 0, sums);
            OneToken256(w, x, 8, sums + 8);
        }
        else
        {
            OneTokenPortable(w, x, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneToken512(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        PrefetchHead(w, x.Blocks);
        w = FirstBlock(w, x.Blocks);
        var total = Vector512<float>.Zero;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            Prefetch(w);
            byte* scales = w + TCodes.Bytes, top = Head(head, b);
            total = TScales.Add512(
                total, TCodes.Load512(w, 0), TCodes.Load512(w, 1), TCodes.Load512(w, 2), TCodes.Load512(w, 3), TCodes.Load512(w, 4), TCodes.Load512(w, 5), TCodes.Load512(w, 6), TCodes.Load512(w, 7),
                codes, TScales.Scale512(scales, top, unit), TScales.Rest512(scales, top, unit), x.Figures + b);
        }

        total.Store(sums);
    }

    /// <summary>All in locals: arrays or structs of vectors would live in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightTokens(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        nint n = x.Blocks, row = n * StripLayout.BlockInputs;
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        var figures = x.Figures;
        w = FirstBlock(w, x.Blocks);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs, figures++)
        {
            Prefetch(w);
            Vector512<byte> v0 = TCodes.Load512(w, 0), v1 = TCodes.Load512(w, 1), v2 = TCodes.Load512(w, 2), v3 = TCodes.Load512(w, 3);
            Vector512<byte> v4 = TCodes.Load512(w, 4), v5 = TCodes.Load512(w, 5), v6 = TCodes.Load512(w, 6), v7 = TCodes.Load512(w, 7);
            byte* scales = w + TCodes.Bytes, top = Head(head, b);
            var (scale, rest) = (TScales.Scale512(scales, top, unit), TScales.Rest512(scales, top, unit));
            a0 = TScales.Add512(a0, v0, v1, v2, v3, v4, v5, v6, v7, codes, scale, rest, figures);
            a1 = TScales.Add512(a1, v0, v1, v2, v3, v4, v5, v6, v7, codes + row, scale, rest, figures + n);
            a2 = TScales.Add512(a2, v0, v1, v2, v3, v4, v5, v6, v7, codes + (2 * row), scale, rest, figures + (2 * n));
            a3 = TScales.Add512(a3, v0, v1, v2, v3, v4, v5, v6, v7, codes + (3 * row), scale, rest, figures + (3 * n));
            a4 = TScales.Add512(a4, v0, v1, v2, v3, v4, v5, v6, v7, codes + (4 * row), scale, rest, figures + (4 * n));
            a5 = TScales.Add512(a5, v0, v1, v2, v3, v4, v5, v6, v7, codes + (5 * row), scale, rest, figures + (5 * n));
            a6 = TScales.Add512(a6, v0, v1, v2, v3, v4, v5, v6, v7, codes + (6 * row), scale, rest, figures + (6 * n));
            a7 = TScales.Add512(a7, v0, v1, v2, v3, v4, v5, v6, v7, codes + (7 * row), scale, rest, figures + (7 * n));
        }

        a0.Store(sums);
        a1.Store(sums + 16);
        a2.Store(sums + 32);
        a3.Store(sums + 48);
        a4.Store(sums + 64);
        a5.Store(sums + 80);
        a6.Store(sums + 96);
        a7.Store(sums + 112);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourTokens(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        nint n = x.Blocks, row = n * StripLayout.BlockInputs;
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        var figures = x.Figures;
        w = FirstBlock(w, x.Blocks);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs, figures++)
        {
            Prefetch(w);
            Vector512<byte> v0 = TCodes.Load512(w, 0), v1 = TCodes.Load512(w, 1), v2 = TCodes.Load512(w, 2), v3 = TCodes.Load512(w, 3);
            Vector512<byte> v4 = TCodes.Load512(w, 4), v5 = TCodes.Load512(w, 5), v6 = TCodes.Load512(w, 6), v7 = TCodes.Load512(w, 7);
            byte* scales = w + TCodes.Bytes, top = Head(head, b);
            var (scale, rest) = (TScales.Scale512(scales, top, unit), TScales.Rest512(scales, top, unit));
            a0 = TScales.Add512(a0, v0, v1, v2, v3, v4, v5, v6, v7, codes, scale, rest, figures);
            a1 = TScales.Add512(a1, v0, v1, v2, v3, v4, v5, v6, v7, codes + row, scale, rest, figures + n);
            a2 = TScales.Add512(a2, v0, v1, v2, v3, v4, v5, v6, v7, codes + (2 * row), scale, rest, figures + (2 * n));
            a3 = TScales.Add512(a3, v0, v1, v2, v3, v4, v5, v6, v7, codes + (3 * row), scale, rest, figures + (3 * n));
        }

        a0.Store(sums);
        a1.Store(sums + 16);
        a2.Store(sums + 32);
        a3.Store(sums + 48);
    }

    /// <summary>Eight rows of a strip.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneToken256(byte* w, ActivationBlocks.Rows x, int row, float* sums)
    {
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        w = FirstBlock(w, x.Blocks);
        var total = Vector256<float>.Zero;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            var first = Eight256(w, 0, row, codes) + Eight256(w, 2, row, codes);
            var other = Eight256(w, 4, row, codes) + Eight256(w, 6, row, codes);
            total = TScales.Add256(total, first, other, w + TCodes.Bytes, Head(head, b), unit, row, x.Figures[b]);
        }

        total.Store(sums);
    }

    /// <summary>The same sums with vectors that every machine has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneTokenPortable(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        const int half = StripLayout.BlockInputs / 2 / StripLayout.Run;
        var dots = stackalloc int[2 * StripLayout.Rows];
        new Span<float>(sums, StripLayout.Rows).Clear();
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        w = FirstBlock(w, x.Blocks);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            new Span<int>(dots, 2 * StripLayout.Rows).Clear();
            for (var j = 0; j < 2 * half; j++)
            {
                for (var row = 0; row < StripLayout.Rows; row += PortableDot.Rows)
                {
                    PortableDot.Add(TCodes.Load128(w, j, row), codes + (StripLayout.Run * j), dots + (j / half * StripLayout.Rows) + row);
                }
            }

            for (var row = 0; row < StripLayout.Rows; row++)
            {
                sums[row] = Add(sums[row], dots[row], dots[StripLayout.Rows + row], w, head, unit, row, x, b);
            }
        }
    }

    public static void OneTokenScalar(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        new Span<float>(sums, StripLayout.Rows).Clear();
        var unit = TScales.Unit(w);
        byte* head = w + TScales.UnitBytes;
        sbyte* codes = x.Codes;
        w = FirstBlock(w, x.Blocks);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            for (var row = 0; row < StripLayout.Rows; row++)
            {
                var (first, other) = (0, 0);
                for (var k = 0; k < StripLayout.BlockInputs / 2; k++)
                {
                    first += TCodes.Load(w, row, k) * codes[k];
                    other += TCodes.Load(w, row, k + (StripLayout.BlockInputs / 2)) * codes[k + (StripLayout.BlockInputs / 2)];
                }

                sums[row] = Add(sums[row], first, other, w, head, unit, row, x, b);
            }
        }
    }

    private static float Add(float total, int first, int other, byte* w, byte* head, float unit, int row, ActivationBlocks.Rows x, int b) =>
        TScales.Add(total, first, other, w + TCodes.Bytes, Head(head, b), unit, row, x.Figures[b]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Head(byte* strip, int block) => strip + ((nint)((uint)block / StripLayout.SuperBlock) * TScales.HeadBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* FirstBlock(byte* strip, int blocks) => strip + TScales.UnitBytes + ((nint)((uint)blocks / StripLayout.SuperBlock) * TScales.HeadBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Eight256(byte* w, int j, int row, sbyte* codes)
    {
        var pairs = Avx2.MultiplyAddAdjacent(TCodes.Load256(w, j, row), Vector256.Create(*(int*)(codes + (4 * j))).AsSByte())
            + Avx2.MultiplyAddAdjacent(TCodes.Load256(w, j + 1, row), Vector256.Create(*(int*)(codes + (4 * j) + 4)).AsSByte());
        return Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);
    }

    /// <summary>The next strip's head lies where <see cref="Prefetch"/> steps over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchHead(byte* strip, int blocks)
    {
        for (var line = 0; line < TScales.UnitBytes + (blocks / StripLayout.SuperBlock * TScales.HeadBytes); line += 64)
        {
            Sse.Prefetch0(strip + Bytes(blocks) + line);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* w)
    {
        var next = w + (Ahead * BlockBytes);
        for (var line = 0; line < BlockBytes; line += 64)
        {
            Sse.Prefetch0(next + line);
        }
    }
}
