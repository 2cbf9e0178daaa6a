using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>
/// The residual sum and the norm after it, one row at a time: s = x + δ, r = 1 / √(mean(s²) + ε), y[d] = gain[d] · s[d] · r
/// (Zhang, Sennrich 2019). x and s are float32; δ and y are float32 or bfloat16 bits.
/// </summary>
public static class AddRmsNorm
{
    /// <summary>The definition, in float64.</summary>
    /// <param name="s">The summed row, [D].</param>
    /// <param name="gain">[D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">Output, [D].</param>
    public static void Reference(ReadOnlySpan<double> s, ReadOnlySpan<double> gain, double epsilon, Span<double> y)
    {
        var square = 0.0;
        foreach (var value in s)
        {
            square += value * value;
        }

        var r = 1 / Math.Sqrt((square / s.Length) + epsilon);
        for (var d = 0; d < s.Length; d++)
        {
            y[d] = gain[d] * s[d] * r;
        }
    }

    /// <summary>Forward, float32.</summary>
    /// <param name="x">[D].</param>
    /// <param name="delta">[D], or empty for none.</param>
    /// <param name="gain">[D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="s">x + δ, [D]; may be <paramref name="x"/>.</param>
    /// <param name="y">[D].</param>
    /// <returns>r, which the gradient needs.</returns>
    public static float Invoke(ReadOnlySpan<float> x, ReadOnlySpan<float> delta, ReadOnlySpan<float> gain, float epsilon, Span<float> s, Span<float> y) =>
        Forward<float, Single32>(x, delta, gain, epsilon, s, y);

    /// <summary>Forward, δ and y in bfloat16 bits.</summary>
    /// <param name="x">[D].</param>
    /// <param name="delta">[D], or empty for none.</param>
    /// <param name="gain">[D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="s">x + δ, [D]; may be <paramref name="x"/>.</param>
    /// <param name="y">[D].</param>
    /// <returns>r, which the gradient needs.</returns>
    public static float Invoke(ReadOnlySpan<float> x, ReadOnlySpan<ushort> delta, ReadOnlySpan<float> gain, float epsilon, Span<float> s, Span<ushort> y) =>
        Forward<ushort, Brain16>(x, delta, gain, epsilon, s, y);

    /// <summary>Gradient at s: ds += r·gain·dy − s·r³·mean(dy·gain·s); dGain += dy·s·r.</summary>
    /// <param name="s">[D], from the forward pass.</param>
    /// <param name="gain">[D].</param>
    /// <param name="r">From the forward pass.</param>
    /// <param name="dy">[D].</param>
    /// <param name="ds">[D] float32; what reached s by the residual path; added to.</param>
    /// <param name="dDelta">[D]; the sum written again in δ's type, or empty.</param>
    /// <param name="dGain">[D]; added to.</param>
    public static void Gradient(
        ReadOnlySpan<float> s, ReadOnlySpan<float> gain, float r, ReadOnlySpan<float> dy, Span<float> ds, Span<float> dDelta, Span<float> dGain) =>
        Backward<float, Single32>(s, gain, r, dy, ds, dDelta, dGain);

    /// <summary>Gradient at s with dy and dδ in bfloat16 bits.</summary>
    /// <param name="s">[D], from the forward pass.</param>
    /// <param name="gain">[D].</param>
    /// <param name="r">From the forward pass.</param>
    /// <param name="dy">[D].</param>
    /// <param name="ds">[D] float32; what reached s by the residual path; added to.</param>
    /// <param name="dDelta">[D]; the sum written again in δ's type, or empty.</param>
    /// <param name="dGain">[D]; added to.</param>
    public static void Gradient(
        ReadOnlySpan<float> s, ReadOnlySpan<float> gain, float r, ReadOnlySpan<ushort> dy, Span<float> ds, Span<ushort> dDelta, Span<float> dGain) =>
        Backward<ushort, Brain16>(s, gain, r, dy, ds, dDelta, dGain);

    private static float Forward<T, TElement>(
        ReadOnlySpan<float> x, ReadOnlySpan<T> delta, ReadOnlySpan<float> gain, float epsilon, Span<float> s, Span<T> y)
        where T : struct
        where TElement : struct, IElement<T>
    {
        Check(gain.Length, x.Length, s.Length, y.Length, delta.IsEmpty ? x.Length : delta.Length);
        var lanes = Vector256<float>.Zero;
        var square = 0f;
        var d = 0;
        for (; d + 8 <= x.Length; d += 8)
        {
            var sum = delta.IsEmpty ? Single32.Load(x, d) : Single32.Load(x, d) + TElement.Load(delta, d);
            Single32.Store(sum, s, d);
            lanes += sum * sum;
        }

        for (; d < x.Length; d++)
        {
            s[d] = delta.IsEmpty ? x[d] : x[d] + TElement.ToSingle(delta[d]);
            square += s[d] * s[d];
        }

        var r = 1 / MathF.Sqrt(((square + Vector256.Sum(lanes)) / x.Length) + epsilon);
        for (d = 0; d + 8 <= x.Length; d += 8)
        {
            TElement.Store(Single32.Load(s, d) * r * Single32.Load(gain, d), y, d);
        }

        for (; d < x.Length; d++)
        {
            y[d] = TElement.FromSingle(s[d] * r * gain[d]);
        }

        return r;
    }

    private static void Backward<T, TElement>(
        ReadOnlySpan<float> s, ReadOnlySpan<float> gain, float r, ReadOnlySpan<T> dy, Span<float> ds, Span<T> dDelta, Span<float> dGain)
        where T : struct
        where TElement : struct, IElement<T>
    {
        Check(gain.Length, s.Length, ds.Length, dy.Length, dGain.Length, dDelta.IsEmpty ? s.Length : dDelta.Length);
        var lanes = Vector256<float>.Zero;
        var dot = 0f;
        var d = 0;
        for (; d + 8 <= s.Length; d += 8)
        {
            var weighted = TElement.Load(dy, d) * Single32.Load(s, d);
            Single32.Store(Single32.Load(dGain, d) + (weighted * r), dGain, d);
            lanes += weighted * Single32.Load(gain, d);
        }

        for (; d < s.Length; d++)
        {
            var weighted = TElement.ToSingle(dy[d]) * s[d];
            dGain[d] += weighted * r;
            dot += weighted * gain[d];
        }

        var back = (dot + Vector256.Sum(lanes)) * r * r * r / s.Length;
        for (d = 0; d + 8 <= s.Length; d += 8)
        {
            var sum = Single32.Load(ds, d) + (TElement.Load(dy, d) * Single32.Load(gain, d) * r) - (Single32.Load(s, d) * back);
            Single32.Store(sum, ds, d);
            if (!dDelta.IsEmpty)
            {
                TElement.Store(sum, dDelta, d);
            }
        }

        for (; d < s.Length; d++)
        {
            ds[d] += (TElement.ToSingle(dy[d]) * gain[d] * r) - (s[d] * back);
            if (!dDelta.IsEmpty)
            {
                dDelta[d] = TElement.FromSingle(ds[d]);
            }
        }
    }

    private static void Check(int width, params ReadOnlySpan<int> lengths)
    {
        foreach (var length in lengths)
        {
            if (length != width)
            {
                throw new ArgumentException($"A row has {length} elements where the gain has {width}.");
            }
        }
    }
}
