using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

// Legend: T tokens, K inputs, N outputs. x [T, K], weights in panels of 32 rows, y [T, N] in rows of a stride.
// Invariant: y[t, n] is one chain of fused multiply-adds over k = 0 … K-1. No tile, width or batch may change that order:
// the engine's promise that a sequence gives the same bits alone and in any batch rests on it.
// Eight accumulators are in flight in every tile: four cycles of latency times two units.
internal static unsafe class PanelProduct<T, TElement>
    where T : unmanaged
    where TElement : struct, IPanelElement<T>
{
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<T> packed, int outputs, int inputs, int firstPanel, int panels, Span<float> y, int stride)
    {
        var tokens = x.Length / inputs;
        Shape.Require(tokens * inputs == x.Length, nameof(x), $"{x.Length} values are not rows of {inputs}");
        Shape.RequireRows(y.Length, tokens, outputs, stride);
        Shape.Require(packed.Length >= PanelLayout.PackedLength(outputs, inputs), nameof(packed), $"{packed.Length} values are too few for {outputs} x {inputs}");
        Shape.Require(firstPanel >= 0 && panels >= 0 && firstPanel + panels <= PanelLayout.Count(outputs), nameof(panels), $"panels {firstPanel} to {firstPanel + panels} of {outputs} outputs");
        Shape.Require(!y.Overlaps(x), nameof(y), "output overlaps input");
        fixed (float* px = x, py = y)
        {
            fixed (T* pw = packed)
            {
                Run(px, pw, py, tokens, outputs, stride, inputs, firstPanel, firstPanel + panels);
            }
        }
    }

    private static void Run(float* x, T* panels, float* y, int tokens, int outputs, int stride, int inputs, int panel, int end)
    {
        var whole = Math.Min(end, outputs / PanelLayout.Rows);
        if (tokens == 1 && Vector512.IsHardwareAccelerated)
        {
            for (; panel + 4 <= whole; panel += 4)
            {
                FourPanels(x, panels + ((nint)panel * PanelLayout.Rows * inputs), y + (panel * PanelLayout.Rows), inputs);
            }
        }

        for (; panel < whole; panel++)
        {
            OnePanel(x, panels + ((nint)panel * PanelLayout.Rows * inputs), y + (panel * PanelLayout.Rows), tokens, stride, inputs);
        }

        if (whole < end)
        {
            LastPanel(x, panels + ((nint)whole * PanelLayout.Rows * inputs), y + (whole * PanelLayout.Rows), tokens, outputs % PanelLayout.Rows, stride, inputs);
        }
    }

    private static void OnePanel(float* x, T* w, float* y, int tokens, int stride, int inputs)
    {
        var t = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; t + 12 <= tokens; t += 12)
            {
                TwelveTokens(x + ((nint)t * inputs), w, y + ((nint)t * stride), stride, inputs);
            }

            for (; t + 4 <= tokens; t += 4)
            {
                FourTokens(x + ((nint)t * inputs), w, y + ((nint)t * stride), stride, inputs);
            }
        }

        for (; t < tokens; t++)
        {
            OneToken(x + ((nint)t * inputs), w, y + ((nint)t * stride), inputs);
        }
    }

    /// <summary>Padding rows are computed like the others and not stored.</summary>
    private static void LastPanel(float* x, T* w, float* y, int tokens, int columns, int stride, int inputs)
    {
        var full = stackalloc float[4 * PanelLayout.Rows];
        for (var t = 0; t < tokens; t += 4)
        {
            var rows = Math.Min(4, tokens - t);
            OnePanel(x + ((nint)t * inputs), w, full, rows, PanelLayout.Rows, inputs);
            for (var r = 0; r < rows; r++)
            {
                new Span<float>(full + (r * PanelLayout.Rows), columns).CopyTo(new Span<float>(y + ((nint)(t + r) * stride), columns));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourPanels(float* x, T* w, float* y, int inputs)
    {
        var panel = (nint)PanelLayout.Rows * inputs;
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (var k = 0; k < inputs; k++, w += PanelLayout.Rows)
        {
            var xk = Vector512.Create(x[k]);
            a0 = Vector512.FusedMultiplyAdd(TElement.Load512(w), xk, a0);
            a1 = Vector512.FusedMultiplyAdd(TElement.Load512(w + 16), xk, a1);
            b0 = Vector512.FusedMultiplyAdd(TElement.Load512(w + panel), xk, b0);
            b1 = Vector512.FusedMultiplyAdd(TElement.Load512(w + panel + 16), xk, b1);
            c0 = Vector512.FusedMultiplyAdd(TElement.Load512(w + (2 * panel)), xk, c0);
            c1 = Vector512.FusedMultiplyAdd(TElement.Load512(w + (2 * panel) + 16), xk, c1);
            d0 = Vector512.FusedMultiplyAdd(TElement.Load512(w + (3 * panel)), xk, d0);
            d1 = Vector512.FusedMultiplyAdd(TElement.Load512(w + (3 * panel) + 16), xk, d1);
        }

        a0.Store(y);
        a1.Store(y + 16);
        b0.Store(y + 32);
        b1.Store(y + 48);
        c0.Store(y + 64);
        c1.Store(y + 80);
        d0.Store(y + 96);
        d1.Store(y + 112);
    }

    /// <summary>24 sums, two weights and an input fill the registers; each input's row is an address and one of three distances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwelveTokens(float* x, T* w, float* y, int stride, int inputs)
    {
        nint one = inputs, two = one * 2, three = one * 3;
        float* x4 = x + (4 * one), x8 = x4 + (4 * one);
        Vector512<float> a0 = default, a1 = default;
        Vector512<float> b0 = default, b1 = default;
        Vector512<float> c0 = default, c1 = default;
        Vector512<float> d0 = default, d1 = default;
        Vector512<float> e0 = default, e1 = default;
        Vector512<float> f0 = default, f1 = default;
        Vector512<float> g0 = default, g1 = default;
        Vector512<float> h0 = default, h1 = default;
        Vector512<float> i0 = default, i1 = default;
        Vector512<float> j0 = default, j1 = default;
        Vector512<float> l0 = default, l1 = default;
        Vector512<float> m0 = default, m1 = default;
        for (var k = 0; k < inputs; k++, w += PanelLayout.Rows, x++, x4++, x8++)
        {
            var w0 = TElement.Load512(w);
            var w1 = TElement.Load512(w + 16);
            var xk = Vector512.Create(x[0]);
            a0 = Vector512.FusedMultiplyAdd(w0, xk, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, xk, a1);
            xk = Vector512.Create(x[one]);
            b0 = Vector512.FusedMultiplyAdd(w0, xk, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, xk, b1);
            xk = Vector512.Create(x[two]);
            c0 = Vector512.FusedMultiplyAdd(w0, xk, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, xk, c1);
            xk = Vector512.Create(x[three]);
            d0 = Vector512.FusedMultiplyAdd(w0, xk, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, xk, d1);
            xk = Vector512.Create(x4[0]);
            e0 = Vector512.FusedMultiplyAdd(w0, xk, e0);
            e1 = Vector512.FusedMultiplyAdd(w1, xk, e1);
            xk = Vector512.Create(x4[one]);
            f0 = Vector512.FusedMultiplyAdd(w0, xk, f0);
            f1 = Vector512.FusedMultiplyAdd(w1, xk, f1);
            xk = Vector512.Create(x4[two]);
            g0 = Vector512.FusedMultiplyAdd(w0, xk, g0);
            g1 = Vector512.FusedMultiplyAdd(w1, xk, g1);
            xk = Vector512.Create(x4[three]);
            h0 = Vector512.FusedMultiplyAdd(w0, xk, h0);
            h1 = Vector512.FusedMultiplyAdd(w1, xk, h1);
            xk = Vector512.Create(x8[0]);
            i0 = Vector512.FusedMultiplyAdd(w0, xk, i0);
            i1 = Vector512.FusedMultiplyAdd(w1, xk, i1);
            xk = Vector512.Create(x8[one]);
            j0 = Vector512.FusedMultiplyAdd(w0, xk, j0);
            j1 = Vector512.FusedMultiplyAdd(w1, xk, j1);
            xk = Vector512.Create(x8[two]);
            l0 = Vector512.FusedMultiplyAdd(w0, xk, l0);
            l1 = Vector512.FusedMultiplyAdd(w1, xk, l1);
            xk = Vector512.Create(x8[three]);
            m0 = Vector512.FusedMultiplyAdd(w0, xk, m0);
            m1 = Vector512.FusedMultiplyAdd(w1, xk, m1);
        }

        Store(a0, a1, y);
        Store(b0, b1, y + stride);
        Store(c0, c1, y + (2 * (nint)stride));
        Store(d0, d1, y + (3 * (nint)stride));
        Store(e0, e1, y + (4 * (nint)stride));
        Store(f0, f1, y + (5 * (nint)stride));
        Store(g0, g1, y + (6 * (nint)stride));
        Store(h0, h1, y + (7 * (nint)stride));
        Store(i0, i1, y + (8 * (nint)stride));
        Store(j0, j1, y + (9 * (nint)stride));
        Store(l0, l1, y + (10 * (nint)stride));
        Store(m0, m1, y + (11 * (nint)stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> low, Vector512<float> high, float* y)
    {
        low.Store(y);
        high.Store(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourTokens(float* x, T* w, float* y, int stride, int inputs)
    {
        float* x1 = x + inputs, x2 = x1 + inputs, x3 = x2 + inputs;
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (var k = 0; k < inputs; k++, w += PanelLayout.Rows)
        {
            var w0 = TElement.Load512(w);
            var w1 = TElement.Load512(w + 16);
            var xk = Vector512.Create(x[k]);
            a0 = Vector512.FusedMultiplyAdd(w0, xk, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, xk, a1);
            xk = Vector512.Create(x1[k]);
            b0 = Vector512.FusedMultiplyAdd(w0, xk, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, xk, b1);
            xk = Vector512.Create(x2[k]);
            c0 = Vector512.FusedMultiplyAdd(w0, xk, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, xk, c1);
            xk = Vector512.Create(x3[k]);
            d0 = Vector512.FusedMultiplyAdd(w0, xk, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, xk, d1);
        }

        a0.Store(y);
        a1.Store(y + 16);
        b0.Store(y + stride);
        b1.Store(y + stride + 16);
        c0.Store(y + (2 * (nint)stride));
        c1.Store(y + (2 * (nint)stride) + 16);
        d0.Store(y + (3 * (nint)stride));
        d1.Store(y + (3 * (nint)stride) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneToken(float* x, T* w, float* y, int inputs)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> a0 = default, a1 = default;
            for (var k = 0; k < inputs; k++, w += PanelLayout.Rows)
            {
                var xk = Vector512.Create(x[k]);
                a0 = Vector512.FusedMultiplyAdd(TElement.Load512(w), xk, a0);
                a1 = Vector512.FusedMultiplyAdd(TElement.Load512(w + 16), xk, a1);
            }

            a0.Store(y);
            a1.Store(y + 16);
            return;
        }

        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default;
        for (var k = 0; k < inputs; k++, w += PanelLayout.Rows)
        {
            var xk = Vector256.Create(x[k]);
            b0 = Vector256.FusedMultiplyAdd(TElement.Load256(w), xk, b0);
            b1 = Vector256.FusedMultiplyAdd(TElement.Load256(w + 8), xk, b1);
            b2 = Vector256.FusedMultiplyAdd(TElement.Load256(w + 16), xk, b2);
            b3 = Vector256.FusedMultiplyAdd(TElement.Load256(w + 24), xk, b3);
        }

        b0.Store(y);
        b1.Store(y + 8);
        b2.Store(y + 16);
        b3.Store(y + 24);
    }
}
