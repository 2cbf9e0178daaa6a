using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>exp(x[i] − max) / Σ exp(x − max).</summary>
public static class Softmax
{
    /// <summary>The definition, in double.</summary>
    /// <param name="x">Scores, [N]; replaced by probabilities. −∞ is a masked entry.</param>
    public static void Reference(Span<double> x)
    {
        var max = double.NegativeInfinity;
        foreach (var value in x)
        {
            max = Math.Max(max, value);
        }

        var sum = 0.0;
        foreach (ref var value in x)
        {
            value = Math.Exp(value - max);
            sum += value;
        }

        foreach (ref var value in x)
        {
            value /= sum;
        }
    }

    /// <summary>Turns scores into probabilities in place.</summary>
    /// <param name="x">Scores, [N]; at least one is finite, none is NaN. −∞ is a masked entry and becomes 0.</param>
    /// <exception cref="ArgumentException">x is empty.</exception>
    /// <remarks>|y − Reference| ≤ 2e-6, held by KernelTests.</remarks>
    public static void Invoke(Span<float> x)
    {
        Shape.Require(!x.IsEmpty, nameof(x), "no scores");
        Scale(x, 1 / Exponentials(x, ArgMax.Maximum(x)));
    }

    /// <summary>log Σ exp(x); what log-probabilities are measured from.</summary>
    /// <param name="x">Scores, [N]; at least one is finite, none is NaN.</param>
    /// <exception cref="ArgumentException">x is empty.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float LogSumExp(ReadOnlySpan<float> x)
    {
        Shape.Require(!x.IsEmpty, nameof(x), "no scores");
        var max = ArgMax.Maximum(x);
        ref var px = ref MemoryMarshal.GetReference(x);
        var sums = Vector512<float>.Zero;
        var shift = Vector512.Create(max);
        var i = 0;
        for (; i + 16 <= x.Length; i += 16)
        {
            sums += Vector512.Exp(Vector512.LoadUnsafe(ref px, (nuint)i) - shift);
        }

        var sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += MathF.Exp(x[i] - max);
        }

        return max + MathF.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Exponentials(Span<float> x, float max)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        var sums = Vector512<float>.Zero;
        var shift = Vector512.Create(max);
        var i = 0;
        for (; i + 16 <= x.Length; i += 16)
        {
            var e = Vector512.Exp(Vector512.LoadUnsafe(ref px, (nuint)i) - shift);
            e.StoreUnsafe(ref px, (nuint)i);
            sums += e;
        }

        var sum = Vector512.Sum(sums);
        for (; i < x.Length; i++)
        {
            x[i] = MathF.Exp(x[i] - max);
            sum += x[i];
        }

        return sum;
    }

    private static void Scale(Span<float> x, float factor)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        var i = 0;
        for (; i + 16 <= x.Length; i += 16)
        {
            (Vector512.LoadUnsafe(ref px, (nuint)i) * factor).StoreUnsafe(ref px, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            x[i] *= factor;
        }
    }
}
