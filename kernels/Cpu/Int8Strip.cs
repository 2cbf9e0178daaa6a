using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

// Legend: a block is 32 inputs of 16 rows: 512 bytes of codes + 128, and 16 halves of scales where blocks have them.
// Invariant: as in Int4Strip; a block's sum is at most 32 · 127 · 127, which a float holds exactly. .NET has no class for the 512-bit dot product, so eight rows are one vector.

/// <summary>Sums of one strip of 8-bit weights, for one token, or for four or eight at once.</summary>
internal static unsafe class Int8Strip<TScale>
    where TScale : struct, IBlockScale
{
    private const int Tile = 8;
    private const int HalfTile = 4;
    private const int Half = StripLayout.Rows / 2;

    // Blocks, 9 KB: as in Int4Strip.
    private const int Ahead = 16;

    private static int BlockBytes => MatMulInt8.CodeBytes + TScale.Bytes;

    public static void Run(in StripRun run, int firstStrip, int strips)
    {
        var sums = stackalloc float[Tile * StripLayout.Rows];
        for (var strip = firstStrip; strip < firstStrip + strips; strip++)
        {
            var w = run.Strip(strip);
            var t = 0;
            for (; t + Tile <= run.Tokens && AvxVnni.IsSupported; t += Tile)
            {
                EightTokens(w, run.X.Next(t), 0, sums);
                EightTokens(w, run.X.Next(t), Half, sums + Half);
                for (var i = 0; i < Tile; i++)
                {
                    run.Store(sums + (i * StripLayout.Rows), t + i, strip);
                }
            }

            for (; t + HalfTile <= run.Tokens && AvxVnni.IsSupported; t += HalfTile)
            {
                FourTokens(w, run.X.Next(t), 0, sums);
                FourTokens(w, run.X.Next(t), Half, sums + Half);
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
            Vector256<int> i0 = Vector256.Create(-MatMulInt8.Offset * x.Sums[b]), i1 = i0;
            for (var j = 0; j < 8; j++)
            {
                var four = Vector256.Create(*(int*)(codes + (4 * j))).AsSByte();
                i0 = AvxVnni.MultiplyWideningAndAdd(i0, Vector256.Load(w + (64 * j)), four);
                i1 = AvxVnni.MultiplyWideningAndAdd(i1, Vector256.Load(w + (64 * j) + 32), four);
            }

            var scale = Vector256.Create(x.Scales[b]);
            low = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(i0), TScale.Of(w + MatMulInt8.CodeBytes, scale), low);
            high = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(i1), TScale.Of(w + MatMulInt8.CodeBytes + (Half * sizeof(ushort)), scale), high);
        }

        low.Store(sums);
        high.Store(sums + Half);
    }

    /// <summary>Eight rows of a strip for eight tokens; all in locals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightTokens(byte* w, ActivationBlocks.Rows x, int row, float* sums)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        nint blocks = x.Blocks, next = blocks * StripLayout.BlockInputs;
        var codes = x.Codes;
        var scales = x.Scales;
        var counts = x.Sums;
        var at = w + (StripLayout.Run * row);
        for (var b = 0; b < x.Blocks; b++, at += BlockBytes, codes += StripLayout.BlockInputs, scales++, counts++)
        {
            if (row == 0)
            {
                Prefetch(at);
            }

            Vector256<byte> v0 = Vector256.Load(at), v1 = Vector256.Load(at + 64), v2 = Vector256.Load(at + 128), v3 = Vector256.Load(at + 192);
            Vector256<byte> v4 = Vector256.Load(at + 256), v5 = Vector256.Load(at + 320), v6 = Vector256.Load(at + 384), v7 = Vector256.Load(at + 448);
            var scale = at + MatMulInt8.CodeBytes - (StripLayout.Run * row) + (row * sizeof(ushort));
            a0 = Add(a0, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes, counts[0]), scale, scales[0]);
            a1 = Add(a1, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + next, counts[blocks]), scale, scales[blocks]);
            a2 = Add(a2, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (2 * next), counts[2 * blocks]), scale, scales[2 * blocks]);
            a3 = Add(a3, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (3 * next), counts[3 * blocks]), scale, scales[3 * blocks]);
            a4 = Add(a4, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (4 * next), counts[4 * blocks]), scale, scales[4 * blocks]);
            a5 = Add(a5, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (5 * next), counts[5 * blocks]), scale, scales[5 * blocks]);
            a6 = Add(a6, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (6 * next), counts[6 * blocks]), scale, scales[6 * blocks]);
            a7 = Add(a7, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (7 * next), counts[7 * blocks]), scale, scales[7 * blocks]);
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

    /// <summary>Eight rows of a strip for four tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourTokens(byte* w, ActivationBlocks.Rows x, int row, float* sums)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        nint blocks = x.Blocks, next = blocks * StripLayout.BlockInputs;
        var codes = x.Codes;
        var scales = x.Scales;
        var counts = x.Sums;
        var at = w + (StripLayout.Run * row);
        for (var b = 0; b < x.Blocks; b++, at += BlockBytes, codes += StripLayout.BlockInputs, scales++, counts++)
        {
            if (row == 0)
            {
                Prefetch(at);
            }

            Vector256<byte> v0 = Vector256.Load(at), v1 = Vector256.Load(at + 64), v2 = Vector256.Load(at + 128), v3 = Vector256.Load(at + 192);
            Vector256<byte> v4 = Vector256.Load(at + 256), v5 = Vector256.Load(at + 320), v6 = Vector256.Load(at + 384), v7 = Vector256.Load(at + 448);
            var scale = at + MatMulInt8.CodeBytes - (StripLayout.Run * row) + (row * sizeof(ushort));
            a0 = Add(a0, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes, counts[0]), scale, scales[0]);
            a1 = Add(a1, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + next, counts[blocks]), scale, scales[blocks]);
            a2 = Add(a2, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (2 * next), counts[2 * blocks]), scale, scales[2 * blocks]);
            a3 = Add(a3, Dot(v0, v1, v2, v3, v4, v5, v6, v7, codes + (3 * next), counts[3 * blocks]), scale, scales[3 * blocks]);
        }

        a0.Store(sums);
        a1.Store(sums + 16);
        a2.Store(sums + 32);
        a3.Store(sums + 48);
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

            total = Add(total, dot, w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Scales[b]);
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
            new Span<int>(dots, StripLayout.Rows).Fill(-MatMulInt8.Offset * x.Sums[b]);
            for (var j = 0; j < 8; j++)
            {
                PortableDot.Add(w + (64 * j), codes + (4 * j), shift: 0, mask: 255, dots);
            }

            for (var row = 0; row < StripLayout.Rows; row++)
            {
                sums[row] = MathF.FusedMultiplyAdd(dots[row], TScale.Of(w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Scales[b]), sums[row]);
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

                sums[row] = MathF.FusedMultiplyAdd(dot, TScale.Of(w + MatMulInt8.CodeBytes + (row * sizeof(ushort)), x.Scales[b]), sums[row]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(
        Vector256<byte> v0, Vector256<byte> v1, Vector256<byte> v2, Vector256<byte> v3, Vector256<byte> v4, Vector256<byte> v5, Vector256<byte> v6, Vector256<byte> v7, sbyte* x, int xSum)
    {
        var even = AvxVnni.MultiplyWideningAndAdd(Vector256.Create(-MatMulInt8.Offset * xSum), v0, Four(x));
        var odd = AvxVnni.MultiplyWideningAndAdd(Vector256<int>.Zero, v1, Four(x + 4));
        even = AvxVnni.MultiplyWideningAndAdd(even, v2, Four(x + 8));
        odd = AvxVnni.MultiplyWideningAndAdd(odd, v3, Four(x + 12));
        even = AvxVnni.MultiplyWideningAndAdd(even, v4, Four(x + 16));
        odd = AvxVnni.MultiplyWideningAndAdd(odd, v5, Four(x + 20));
        even = AvxVnni.MultiplyWideningAndAdd(even, v6, Four(x + 24));
        odd = AvxVnni.MultiplyWideningAndAdd(odd, v7, Four(x + 28));
        return even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add(Vector256<float> total, Vector256<int> dot, byte* scales, float xScale) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), TScale.Of(scales, Vector256.Create(xScale)), total);

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
