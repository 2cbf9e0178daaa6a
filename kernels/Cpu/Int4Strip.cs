using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

// Legend: a block is 32 inputs of 16 rows: 256 bytes of codes, 16 halves of scales, 16 bytes of zero points where there are any.
// Invariant: the sum in a block is exact in integers (at most 32 · 15 · 127, and eight products of a 16-bit sum are at most 30,480), and each row adds its
// blocks in ascending order with one fused multiply-add each. So neither the width of a vector nor the number of tokens changes a bit.

/// <summary>Sums of one strip of 4-bit weights, for one token, or for four or eight at once.</summary>
internal static unsafe class Int4Strip<TZero>
    where TZero : struct, IZeroPoint
{
    private const int Tile = 8;
    private const int HalfTile = 4;

    // Blocks, 9 KB: with the 2 KB that a core has under way to memory, every line was still waited for. A prefetch beyond the matrix does nothing.
    private const int Ahead = 32;

    private static int BlockBytes => MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes + TZero.Bytes;

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
        var codes = x.Codes;
        var (total, nibble) = (Vector512<float>.Zero, Vector512.Create((byte)15));
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            Prefetch(w);
            Vector512<byte> v0 = Vector512.Load(w), v1 = Vector512.Load(w + 64), v2 = Vector512.Load(w + 128), v3 = Vector512.Load(w + 192);
            var dot = Dot(v0 & nibble, v1 & nibble, v2 & nibble, v3 & nibble, High(v0), High(v1), High(v2), High(v3), codes);
            total = Add(total, dot, HalfScales.Load512(w + MatMulInt4.CodeBytes), w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes, x.Scales[b], x.Sums[b]);
        }

        total.Store(sums);
    }

    /// <summary>All in locals: arrays or structs of vectors would live in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightTokens(byte* w, ActivationBlocks.Rows x, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        nint blocks = x.Blocks, row = blocks * StripLayout.BlockInputs;
        var codes = x.Codes;
        var scales = x.Scales;
        var counts = x.Sums;
        var nibble = Vector512.Create((byte)15);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs, scales++, counts++)
        {
            Prefetch(w);
            Vector512<byte> h0 = Vector512.Load(w), h1 = Vector512.Load(w + 64), h2 = Vector512.Load(w + 128), h3 = Vector512.Load(w + 192);
            Vector512<byte> l0 = h0 & nibble, l1 = h1 & nibble, l2 = h2 & nibble, l3 = h3 & nibble;
            (h0, h1, h2, h3) = (High(h0), High(h1), High(h2), High(h3));
            var scale = HalfScales.Load512(w + MatMulInt4.CodeBytes);
            var zeros = w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes;
            a0 = Add(a0, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes), scale, zeros, scales[0], counts[0]);
            a1 = Add(a1, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + row), scale, zeros, scales[blocks], counts[blocks]);
            a2 = Add(a2, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (2 * row)), scale, zeros, scales[2 * blocks], counts[2 * blocks]);
            a3 = Add(a3, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (3 * row)), scale, zeros, scales[3 * blocks], counts[3 * blocks]);
            a4 = Add(a4, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (4 * row)), scale, zeros, scales[4 * blocks], counts[4 * blocks]);
            a5 = Add(a5, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (5 * row)), scale, zeros, scales[5 * blocks], counts[5 * blocks]);
            a6 = Add(a6, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (6 * row)), scale, zeros, scales[6 * blocks], counts[6 * blocks]);
            a7 = Add(a7, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (7 * row)), scale, zeros, scales[7 * blocks], counts[7 * blocks]);
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
        nint blocks = x.Blocks, row = blocks * StripLayout.BlockInputs;
        var codes = x.Codes;
        var scales = x.Scales;
        var counts = x.Sums;
        var nibble = Vector512.Create((byte)15);
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs, scales++, counts++)
        {
            Prefetch(w);
            Vector512<byte> h0 = Vector512.Load(w), h1 = Vector512.Load(w + 64), h2 = Vector512.Load(w + 128), h3 = Vector512.Load(w + 192);
            Vector512<byte> l0 = h0 & nibble, l1 = h1 & nibble, l2 = h2 & nibble, l3 = h3 & nibble;
            (h0, h1, h2, h3) = (High(h0), High(h1), High(h2), High(h3));
            var scale = HalfScales.Load512(w + MatMulInt4.CodeBytes);
            var zeros = w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes;
            a0 = Add(a0, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes), scale, zeros, scales[0], counts[0]);
            a1 = Add(a1, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + row), scale, zeros, scales[blocks], counts[blocks]);
            a2 = Add(a2, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (2 * row)), scale, zeros, scales[2 * blocks], counts[2 * blocks]);
            a3 = Add(a3, Dot(l0, l1, l2, l3, h0, h1, h2, h3, codes + (3 * row)), scale, zeros, scales[3 * blocks], counts[3 * blocks]);
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
        var codes = x.Codes;
        var total = Vector256<float>.Zero;
        for (var b = 0; b < x.Blocks; b++, w += BlockBytes, codes += StripLayout.BlockInputs)
        {
            var pairs = Vector256<short>.Zero;
            for (var j = 0; j < 4; j++)
            {
                var v = Vector256.Load(w + (64 * j) + (StripLayout.Run * row));
                pairs += Avx2.MultiplyAddAdjacent(v & Vector256.Create((byte)15), Vector256.Create(*(int*)(codes + (4 * j))).AsSByte());
                pairs += Avx2.MultiplyAddAdjacent(Vector256.ShiftRightLogical(v.AsUInt16(), 4).AsByte() & Vector256.Create((byte)15), Vector256.Create(*(int*)(codes + 16 + (4 * j))).AsSByte());
            }

            var dot = TZero.Centre(Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One), w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes + row, x.Sums[b]);
            var scale = HalfScales.Load256(w + MatMulInt4.CodeBytes + (row * sizeof(ushort))) * Vector256.Create(x.Scales[b]);
            total = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(dot), scale, total);
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
            new Span<int>(dots, StripLayout.Rows).Clear();
            for (var j = 0; j < 4; j++)
            {
                PortableDot.Add(w + (64 * j), codes + (4 * j), shift: 0, mask: 15, dots);
                PortableDot.Add(w + (64 * j), codes + 16 + (4 * j), shift: 4, mask: 15, dots);
            }

            for (var row = 0; row < StripLayout.Rows; row++)
            {
                var dot = TZero.Centre(dots[row], w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes + row, x.Sums[b]);
                sums[row] = MathF.FusedMultiplyAdd(dot, (float)((Half*)(w + MatMulInt4.CodeBytes))[row] * x.Scales[b], sums[row]);
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
                for (var k = 0; k < StripLayout.BlockInputs / 2; k++)
                {
                    var pair = w[(k / StripLayout.Run * StripLayout.Rows * StripLayout.Run) + (row * StripLayout.Run) + (k % StripLayout.Run)];
                    dot += ((pair & 15) * codes[k]) + ((pair >> 4) * codes[k + 16]);
                }

                dot = TZero.Centre(dot, w + MatMulInt4.CodeBytes + MatMulInt4.ScaleBytes + row, x.Sums[b]);
                sums[row] = MathF.FusedMultiplyAdd(dot, (float)((Half*)(w + MatMulInt4.CodeBytes))[row] * x.Scales[b], sums[row]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* w)
    {
        var next = w + (Ahead * BlockBytes);
        Sse.Prefetch0(next);
        Sse.Prefetch0(next + 64);
        Sse.Prefetch0(next + 128);
        Sse.Prefetch0(next + 192);
        Sse.Prefetch0(next + 256);
    }

    /// <summary>Σ q x of a block, one sum a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Dot(
        Vector512<byte> l0, Vector512<byte> l1, Vector512<byte> l2, Vector512<byte> l3, Vector512<byte> h0, Vector512<byte> h1, Vector512<byte> h2, Vector512<byte> h3, sbyte* x)
    {
        var even = Avx512BW.MultiplyAddAdjacent(l0, Four(x)) + Avx512BW.MultiplyAddAdjacent(l1, Four(x + 4));
        var odd = Avx512BW.MultiplyAddAdjacent(l2, Four(x + 8)) + Avx512BW.MultiplyAddAdjacent(l3, Four(x + 12));
        even += Avx512BW.MultiplyAddAdjacent(h0, Four(x + 16));
        odd += Avx512BW.MultiplyAddAdjacent(h1, Four(x + 20));
        even += Avx512BW.MultiplyAddAdjacent(h2, Four(x + 24));
        odd += Avx512BW.MultiplyAddAdjacent(h3, Four(x + 28));
        return Avx512BW.MultiplyAddAdjacent(even + odd, Vector512<short>.One);
    }

    /// <summary>total + scales · (dot − zeros · Σx).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(Vector512<float> total, Vector512<int> dot, Vector512<float> scale, byte* zeros, float xScale, int xSum) =>
        Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(TZero.Centre(dot, zeros, xSum)), scale * Vector512.Create(xScale), total);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> High(Vector512<byte> codes) => Vector512.ShiftRightLogical(codes.AsUInt16(), 4).AsByte() & Vector512.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Four(sbyte* x) => Vector512.Create(*(int*)x).AsSByte();
}
