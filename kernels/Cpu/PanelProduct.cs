using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

// Legend: T tokens, K inputs, N outputs. x [T, K], weights in panels of 32 rows, y [T, N].
// Invariant: y[t, n] is one chain of fused multiply-adds over k = 0 … K-1. No tile, width or batch may change that order:
// the engine's promise that a sequence gives the same bits alone and in any batch rests on it.
// Eight accumulators are in flight in every tile: four cycles of latency times two units.
internal static unsafe class PanelProduct<T, TElement>
    where T : unmanaged
    where TElement : struct, IPanelElement<T>
{
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<T> panels, int outputs, int inputs, Span<float> y)
    {
        var tokens = x.Length / inputs;
        Shape.Require(tokens * inputs == x.Length, nameof(x), $"{x.Length} values are not rows of {inputs}");
        Shape.Require(y.Length == tokens * outputs, nameof(y), $"{y.Length} values, not {tokens} x {outputs}");
        Shape.Require(panels.Length >= PanelLayout.PackedLength(outputs, inputs), nameof(panels), $"{panels.Length} values are too few for {outputs} x {inputs}");
        Shape.Require(!y.Overlaps(x), nameof(y), "output overlaps input");
        fixed (float* px = x, py = y)
        {
            fixed (T* pw = panels)
            {
                Run(px, pw, py, tokens, outputs, inputs);
            }
        }
    }

    private static void Run(float* x, T* panels, float* y, int tokens, int outputs, int inputs)
    {
        var whole = outputs / PanelLayout.Rows;
        var panel = 0;
        if (tokens == 1 && Vector512.IsHardwareAccelerated)
        {
            for (; panel + 4 <= whole; panel += 4)
            {
                FourPanels(x, panels + ((nint)panel * PanelLayout.Rows * inputs), y + (panel * PanelLayout.Rows), inputs);
            }
        }

        for (; panel < whole; panel++)
        {
            OnePanel(x, panels + ((nint)panel * PanelLayout.Rows * inputs), y + (panel * PanelLayout.Rows), tokens, outputs, inputs);
        }

        if (whole * PanelLayout.Rows < outputs)
        {
            LastPanel(x, panels + ((nint)whole * PanelLayout.Rows * inputs), y + (whole * PanelLayout.Rows), tokens, outputs, inputs);
        }
    }

    private static void OnePanel(float* x, T* w, float* y, int tokens, int stride, int inputs)
    {
        var t = 0;
        if (Vector512.IsHardwareAccelerated)
        {
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
    private static void LastPanel(float* x, T* w, float* y, int tokens, int outputs, int inputs)
    {
        var columns = outputs % PanelLayout.Rows;
        var full = stackalloc float[4 * PanelLayout.Rows];
        for (var t = 0; t < tokens; t += 4)
        {
            var rows = Math.Min(4, tokens - t);
            OnePanel(x + ((nint)t * inputs), w, full, rows, PanelLayout.Rows, inputs);
            for (var r = 0; r < rows; r++)
            {
                new Span<float>(full + (r * PanelLayout.Rows), columns).CopyTo(new Span<float>(y + ((nint)(t + r) * outputs), columns));
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
