using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

// Legend: T tokens, K inputs, N outputs, G = K / group. x [T, K], words [N/32][K/8][32], scales and zeros [N/32][G][32], y [T, N].
// Invariant: as in PanelProduct no tile, width or batch changes the order of a row's operations; see the remarks of MatMulInt4.Invoke.
// The sums of x over each group are needed by every panel, so they are taken once for a few rows; how many rows changes no bit.
internal static unsafe class Int4Product
{
    private const int SumsOnStack = 4096;
    private const int MostRows = 32;

    public static void Run(
        ReadOnlySpan<float> x, ReadOnlySpan<uint> words, ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeros, int outputs, int inputs, int group, Span<float> y)
    {
        var groups = inputs / group;
        var tokens = x.Length / inputs;
        var rows = Math.Clamp(SumsOnStack / groups / 4 * 4, 1, MostRows);
        var sums = stackalloc float[rows * groups];
        fixed (float* px = x, py = y, ps = scales)
        {
            fixed (uint* pw = words)
            {
                fixed (byte* pz = zeros)
                {
                    for (var t = 0; t < tokens; t += rows)
                    {
                        var count = Math.Min(rows, tokens - t);
                        Sum(px + ((nint)t * inputs), sums, count * groups, group);
                        var tile = new Tile(px + ((nint)t * inputs), sums, pw, ps, pz, inputs, group);
                        Panels(tile, py + ((nint)t * outputs), count, outputs);
                    }
                }
            }
        }
    }

    private static void Sum(float* x, float* sums, int count, int group)
    {
        for (var g = 0; g < count; g++, x += group)
        {
            var sum = 0f;
            for (var k = 0; k < group; k++)
            {
                sum += x[k];
            }

            sums[g] = sum;
        }
    }

    private static void Panels(Tile tile, float* y, int tokens, int outputs)
    {
        var whole = outputs / PanelLayout.Rows;
        var panel = 0;
        if (tokens == 1 && Avx512F.IsSupported)
        {
            for (; panel + 4 <= whole; panel += 4)
            {
                FourPanels(tile.Panel(panel), y + (panel * PanelLayout.Rows));
            }
        }

        for (; panel < whole; panel++)
        {
            OnePanel(tile.Panel(panel), y + (panel * PanelLayout.Rows), tokens, outputs);
        }

        if (whole * PanelLayout.Rows < outputs)
        {
            LastPanel(tile.Panel(whole), y + (whole * PanelLayout.Rows), tokens, outputs);
        }
    }

    private static void OnePanel(Tile tile, float* y, int tokens, int stride)
    {
        var t = 0;
        if (Avx512F.IsSupported)
        {
            for (; t + 4 <= tokens; t += 4)
            {
                FourTokens(tile.Token(t), y + ((nint)t * stride), stride);
            }
        }

        for (; t < tokens; t++)
        {
            OneToken(tile.Token(t), y + ((nint)t * stride));
        }
    }

    /// <summary>Padding rows are computed like the others and not stored.</summary>
    private static void LastPanel(Tile tile, float* y, int tokens, int outputs)
    {
        var columns = outputs % PanelLayout.Rows;
        var full = stackalloc float[4 * PanelLayout.Rows];
        for (var t = 0; t < tokens; t += 4)
        {
            var rows = Math.Min(4, tokens - t);
            OnePanel(tile.Token(t), full, rows, PanelLayout.Rows);
            for (var r = 0; r < rows; r++)
            {
                new Span<float>(full + (r * PanelLayout.Rows), columns).CopyTo(new Span<float>(y + ((nint)(t + r) * outputs), columns));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourPanels(Tile tile, float* y)
    {
        var panel = (nint)PanelLayout.Rows * (tile.Inputs / MatMulInt4.PerWord);
        var side = (nint)PanelLayout.Rows * tile.Groups;
        float* x = tile.X, scale = tile.Scales;
        var w = tile.Words;
        var zero = tile.Zeros;
        var table = Codes();
        new Span<float>(y, 4 * PanelLayout.Rows).Clear();
        for (var g = 0; g < tile.Groups; g++, scale += PanelLayout.Rows, zero += PanelLayout.Rows)
        {
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            for (var word = 0; word < tile.GroupWords; word++, w += PanelLayout.Rows, x += MatMulInt4.PerWord)
            {
                Vector512<uint> qa0 = Vector512.Load(w), qa1 = Vector512.Load(w + 16);
                Vector512<uint> qb0 = Vector512.Load(w + panel), qb1 = Vector512.Load(w + panel + 16);
                Vector512<uint> qc0 = Vector512.Load(w + (2 * panel)), qc1 = Vector512.Load(w + (2 * panel) + 16);
                Vector512<uint> qd0 = Vector512.Load(w + (3 * panel)), qd1 = Vector512.Load(w + (3 * panel) + 16);
                for (var k = 0; k < MatMulInt4.PerWord; k++)
                {
                    var xk = Vector512.Create(x[k]);
                    a0 = Vector512.FusedMultiplyAdd(Look(table, qa0), xk, a0);
                    a1 = Vector512.FusedMultiplyAdd(Look(table, qa1), xk, a1);
                    b0 = Vector512.FusedMultiplyAdd(Look(table, qb0), xk, b0);
                    b1 = Vector512.FusedMultiplyAdd(Look(table, qb1), xk, b1);
                    c0 = Vector512.FusedMultiplyAdd(Look(table, qc0), xk, c0);
                    c1 = Vector512.FusedMultiplyAdd(Look(table, qc1), xk, c1);
                    d0 = Vector512.FusedMultiplyAdd(Look(table, qd0), xk, d0);
                    d1 = Vector512.FusedMultiplyAdd(Look(table, qd1), xk, d1);
                    qa0 = Vector512.ShiftRightLogical(qa0, 4);
                    qa1 = Vector512.ShiftRightLogical(qa1, 4);
                    qb0 = Vector512.ShiftRightLogical(qb0, 4);
                    qb1 = Vector512.ShiftRightLogical(qb1, 4);
                    qc0 = Vector512.ShiftRightLogical(qc0, 4);
                    qc1 = Vector512.ShiftRightLogical(qc1, 4);
                    qd0 = Vector512.ShiftRightLogical(qd0, 4);
                    qd1 = Vector512.ShiftRightLogical(qd1, 4);
                }
            }

            var sum = Vector512.Create(-tile.Sums[g]);
            Close(a0, a1, sum, scale, zero, y);
            Close(b0, b1, sum, scale + side, zero + side, y + 32);
            Close(c0, c1, sum, scale + (2 * side), zero + (2 * side), y + 64);
            Close(d0, d1, sum, scale + (3 * side), zero + (3 * side), y + 96);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourTokens(Tile tile, float* y, int stride)
    {
        float* x = tile.X, scale = tile.Scales;
        var w = tile.Words;
        var zero = tile.Zeros;
        float* x1 = x + tile.Inputs, x2 = x1 + tile.Inputs, x3 = x2 + tile.Inputs;
        float* y1 = y + stride, y2 = y1 + stride, y3 = y2 + stride;
        var table = Codes();
        for (var t = 0; t < 4; t++)
        {
            new Span<float>(y + ((nint)t * stride), PanelLayout.Rows).Clear();
        }

        for (var g = 0; g < tile.Groups; g++, scale += PanelLayout.Rows, zero += PanelLayout.Rows)
        {
            Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            for (var word = 0; word < tile.GroupWords; word++, w += PanelLayout.Rows)
            {
                Vector512<uint> q0 = Vector512.Load(w), q1 = Vector512.Load(w + 16);
                for (var k = 0; k < MatMulInt4.PerWord; k++)
                {
                    Vector512<float> w0 = Look(table, q0), w1 = Look(table, q1);
                    var xk = Vector512.Create(*x++);
                    a0 = Vector512.FusedMultiplyAdd(w0, xk, a0);
                    a1 = Vector512.FusedMultiplyAdd(w1, xk, a1);
                    xk = Vector512.Create(*x1++);
                    b0 = Vector512.FusedMultiplyAdd(w0, xk, b0);
                    b1 = Vector512.FusedMultiplyAdd(w1, xk, b1);
                    xk = Vector512.Create(*x2++);
                    c0 = Vector512.FusedMultiplyAdd(w0, xk, c0);
                    c1 = Vector512.FusedMultiplyAdd(w1, xk, c1);
                    xk = Vector512.Create(*x3++);
                    d0 = Vector512.FusedMultiplyAdd(w0, xk, d0);
                    d1 = Vector512.FusedMultiplyAdd(w1, xk, d1);
                    q0 = Vector512.ShiftRightLogical(q0, 4);
                    q1 = Vector512.ShiftRightLogical(q1, 4);
                }
            }

            Close(a0, a1, Vector512.Create(-tile.Sums[g]), scale, zero, y);
            Close(b0, b1, Vector512.Create(-tile.Sums[tile.Groups + g]), scale, zero, y1);
            Close(c0, c1, Vector512.Create(-tile.Sums[(2 * tile.Groups) + g]), scale, zero, y2);
            Close(d0, d1, Vector512.Create(-tile.Sums[(3 * tile.Groups) + g]), scale, zero, y3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneToken(Tile tile, float* y)
    {
        new Span<float>(y, PanelLayout.Rows).Clear();
        if (!Avx512F.IsSupported)
        {
            for (var lane = 0; lane < PanelLayout.Rows; lane += 8)
            {
                EightRows(tile, lane, y + lane);
            }

            return;
        }

        float* x = tile.X, scale = tile.Scales;
        var w = tile.Words;
        var zero = tile.Zeros;
        var table = Codes();
        for (var g = 0; g < tile.Groups; g++, scale += PanelLayout.Rows, zero += PanelLayout.Rows)
        {
            Vector512<float> a0 = default, a1 = default;
            for (var word = 0; word < tile.GroupWords; word++, w += PanelLayout.Rows, x += MatMulInt4.PerWord)
            {
                Vector512<uint> q0 = Vector512.Load(w), q1 = Vector512.Load(w + 16);
                for (var k = 0; k < MatMulInt4.PerWord; k++)
                {
                    var xk = Vector512.Create(x[k]);
                    a0 = Vector512.FusedMultiplyAdd(Look(table, q0), xk, a0);
                    a1 = Vector512.FusedMultiplyAdd(Look(table, q1), xk, a1);
                    q0 = Vector512.ShiftRightLogical(q0, 4);
                    q1 = Vector512.ShiftRightLogical(q1, 4);
                }
            }

            Close(a0, a1, Vector512.Create(-tile.Sums[g]), scale, zero, y);
        }
    }

    /// <summary>Eight rows of a panel for one token, in 256 bits.</summary>
    private static void EightRows(Tile tile, int lane, float* y)
    {
        float* x = tile.X, scale = tile.Scales + lane;
        var w = tile.Words + lane;
        var zero = tile.Zeros + lane;
        var total = Vector256<float>.Zero;
        for (var g = 0; g < tile.Groups; g++, scale += PanelLayout.Rows, zero += PanelLayout.Rows)
        {
            var sum = Vector256<float>.Zero;
            for (var word = 0; word < tile.GroupWords; word++, w += PanelLayout.Rows, x += MatMulInt4.PerWord)
            {
                var q = Vector256.Load(w);
                for (var k = 0; k < MatMulInt4.PerWord; k++)
                {
                    var code = Vector256.ConvertToSingle((q & Vector256.Create(15u)).AsInt32());
                    sum = Vector256.FusedMultiplyAdd(code, Vector256.Create(x[k]), sum);
                    q = Vector256.ShiftRightLogical(q, 4);
                }
            }

            var zeros = Vector256.Create((float)zero[0], zero[1], zero[2], zero[3], zero[4], zero[5], zero[6], zero[7]);
            var centred = Vector256.FusedMultiplyAdd(zeros, Vector256.Create(-tile.Sums[g]), sum);
            total = Vector256.FusedMultiplyAdd(centred, Vector256.Load(scale), total);
        }

        total.Store(y);
    }

    /// <summary>y += scale · (group − zero · Σx), for 32 rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Close(Vector512<float> group0, Vector512<float> group1, Vector512<float> minusSum, float* scale, byte* zero, float* y)
    {
        var z0 = Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(zero)));
        var z1 = Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(zero + 16)));
        Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(z0, minusSum, group0), Vector512.Load(scale), Vector512.Load(y)).Store(y);
        Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(z1, minusSum, group1), Vector512.Load(scale + 16), Vector512.Load(y + 16)).Store(y + 16);
    }

    /// <summary>The lookup reads the lowest four bits of each lane, so a word needs no mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(Vector512<float> table, Vector512<uint> words) => Avx512F.PermuteVar16x32(table, words.AsInt32());

    private static Vector512<float> Codes() => Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    /// <summary>Where a product stands: its token, its panel.</summary>
    private readonly struct Tile(float* x, float* sums, uint* words, float* scales, byte* zeros, int inputs, int group)
    {
        public float* X { get; } = x;

        public float* Sums { get; } = sums;

        public uint* Words { get; } = words;

        public float* Scales { get; } = scales;

        public byte* Zeros { get; } = zeros;

        public int Inputs { get; } = inputs;

        public int Groups { get; } = inputs / group;

        public int GroupWords { get; } = group / MatMulInt4.PerWord;

        private int Group => GroupWords * MatMulInt4.PerWord;

        public Tile Panel(int panel) => new(
            X, Sums, Words + ((nint)panel * PanelLayout.Rows * (Inputs / MatMulInt4.PerWord)), Scales + ((nint)panel * PanelLayout.Rows * Groups),
            Zeros + ((nint)panel * PanelLayout.Rows * Groups), Inputs, Group);

        public Tile Token(int token) => new(X + ((nint)token * Inputs), Sums + ((nint)token * Groups), Words, Scales, Zeros, Inputs, Group);
    }
}
