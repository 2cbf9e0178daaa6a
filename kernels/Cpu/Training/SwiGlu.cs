using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>y[f] = silu(g[f]) · u[f], silu(g) = g / (1 + e^−g), for a row that holds gate and up side by side (Shazeer 2020).</summary>
public static class SwiGlu
{
    /// <summary>The definition, in float64.</summary>
    /// <param name="gateUp">g then u, [2F].</param>
    /// <param name="y">Output, [F].</param>
    public static void Reference(ReadOnlySpan<double> gateUp, Span<double> y)
    {
        for (var f = 0; f < y.Length; f++)
        {
            y[f] = gateUp[f] / (1 + Math.Exp(-gateUp[f])) * gateUp[y.Length + f];
        }
    }

    /// <summary>Forward, float32.</summary>
    /// <param name="gateUp">[2F].</param>
    /// <param name="y">[F]; must not overlap.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Invoke(ReadOnlySpan<float> gateUp, Span<float> y) => Forward<float, Single32>(gateUp, y);

    /// <summary>Forward, bfloat16 bits; arithmetic in float32.</summary>
    /// <param name="gateUp">[2F].</param>
    /// <param name="y">[F]; must not overlap.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Invoke(ReadOnlySpan<ushort> gateUp, Span<ushort> y) => Forward<ushort, Brain16>(gateUp, y);

    /// <summary>Gradient at gate and up: ∂g = ∂y·u·s·(1 + g·(1 − s)), ∂u = ∂y·g·s, s = 1 / (1 + e^−g).</summary>
    /// <param name="gateUp">[2F], as in the forward pass.</param>
    /// <param name="dy">[F].</param>
    /// <param name="dGateUp">[2F]; written.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Gradient(ReadOnlySpan<float> gateUp, ReadOnlySpan<float> dy, Span<float> dGateUp) => Backward<float, Single32>(gateUp, dy, dGateUp);

    /// <summary>Gradient at gate and up, bfloat16 bits.</summary>
    /// <param name="gateUp">[2F], as in the forward pass.</param>
    /// <param name="dy">[F].</param>
    /// <param name="dGateUp">[2F]; written.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Gradient(ReadOnlySpan<ushort> gateUp, ReadOnlySpan<ushort> dy, Span<ushort> dGateUp) => Backward<ushort, Brain16>(gateUp, dy, dGateUp);

    private static void Forward<T, TElement>(ReadOnlySpan<T> gateUp, Span<T> y)
        where T : struct
        where TElement : struct, IElement<T>
    {
        Check(gateUp.Length, y.Length, gateUp.Length);
        ReadOnlySpan<T> gate = gateUp[..y.Length], up = gateUp[y.Length..];
        var f = 0;
        for (; f + 8 <= y.Length; f += 8)
        {
            var g = TElement.Load(gate, f);
            TElement.Store(g / (Vector256<float>.One + FastExp.Invoke(-g)) * TElement.Load(up, f), y, f);
        }

        for (; f < y.Length; f++)
        {
            var g = TElement.ToSingle(gate[f]);
            y[f] = TElement.FromSingle(g / (1 + MathF.Exp(-g)) * TElement.ToSingle(up[f]));
        }
    }

    private static void Backward<T, TElement>(ReadOnlySpan<T> gateUp, ReadOnlySpan<T> dy, Span<T> dGateUp)
        where T : struct
        where TElement : struct, IElement<T>
    {
        Check(gateUp.Length, dy.Length, dGateUp.Length);
        var n = dy.Length;
        ReadOnlySpan<T> gate = gateUp[..n], up = gateUp[n..];
        Span<T> dGate = dGateUp[..n], dUp = dGateUp[n..];
        var f = 0;
        for (; f + 8 <= n; f += 8)
        {
            Vector256<float> g = TElement.Load(gate, f), d = TElement.Load(dy, f);
            var s = Vector256<float>.One / (Vector256<float>.One + FastExp.Invoke(-g));
            TElement.Store(d * TElement.Load(up, f) * s * (Vector256<float>.One + (g * (Vector256<float>.One - s))), dGate, f);
            TElement.Store(d * g * s, dUp, f);
        }

        for (; f < n; f++)
        {
            float g = TElement.ToSingle(gate[f]), d = TElement.ToSingle(dy[f]);
            var s = 1 / (1 + MathF.Exp(-g));
            dGate[f] = TElement.FromSingle(d * TElement.ToSingle(up[f]) * s * (1 + (g * (1 - s))));
            dUp[f] = TElement.FromSingle(d * g * s);
        }
    }

    private static void Check(int gateUp, int y, int dGateUp)
    {
        if (gateUp != 2 * y || dGateUp != gateUp)
        {
            throw new ArgumentException($"Gate and up have {gateUp} elements, their gradient {dGateUp}, the product {y}; the first two must be twice the last.");
        }
    }
}
