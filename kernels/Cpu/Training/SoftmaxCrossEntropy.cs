using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu.Training;

/// <summary>
/// Cross entropy of one row and, in the same memory, its gradient: loss = log Σ_v e^z[v] − z[label];
/// z[v] becomes (e^z[v] / Σ e^z − [v = label]) · scale.
/// </summary>
public static class SoftmaxCrossEntropy
{
    /// <summary>The definition, in float64.</summary>
    /// <param name="logits">z, [V]; replaced by its gradient.</param>
    /// <param name="label">Index of the right entry, 0 … V − 1.</param>
    /// <param name="scale">Factor of the gradient: usually one over the number of scored tokens.</param>
    /// <returns>The loss in nats, unscaled.</returns>
    public static double Reference(Span<double> logits, int label, double scale)
    {
        var max = double.NegativeInfinity;
        foreach (var z in logits)
        {
            max = Math.Max(max, z);
        }

        var sum = 0.0;
        foreach (var z in logits)
        {
            sum += Math.Exp(z - max);
        }

        var loss = Math.Log(sum) + max - logits[label];
        for (var v = 0; v < logits.Length; v++)
        {
            logits[v] = ((Math.Exp(logits[v] - max) / sum) - (v == label ? 1 : 0)) * scale;
        }

        return loss;
    }

    /// <summary>float32 logits.</summary>
    /// <param name="logits">z, [V]; replaced by its gradient.</param>
    /// <param name="label">Index of the right entry; negative: not scored, the row becomes zero and the loss is 0.</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <returns>The loss in nats, unscaled; not finite if a logit is not.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="label"/> is V or more.</exception>
    /// <remarks>|error| ≤ 2e-6 · max(1, |value|) against Reference for V ≤ 4096, held by SoftmaxCrossEntropyTests.</remarks>
    public static float Invoke(Span<float> logits, int label, float scale)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, logits.Length);
        if (label < 0)
        {
            logits.Clear();
            return 0;
        }

        var target = logits[label];
        var max = Max(logits);
        var sum = ExponentiateAndSum(logits, max);
        Scale(logits, scale / sum);
        logits[label] -= scale;
        return MathF.Log(sum) + max - target;
    }

    /// <summary>bfloat16 logits; the arithmetic is float32 in <paramref name="scratch"/>.</summary>
    /// <param name="logits">z as bfloat16 bits, [V]; replaced by its gradient, rounded to nearest even.</param>
    /// <param name="label">Index of the right entry; negative: not scored, the row becomes zero and the loss is 0.</param>
    /// <param name="scale">Factor of the gradient.</param>
    /// <param name="scratch">At least V floats; overwritten.</param>
    /// <returns>The loss in nats, unscaled.</returns>
    /// <exception cref="ArgumentException">Scratch is shorter than V.</exception>
    public static float Invoke(Span<ushort> logits, int label, float scale, Span<float> scratch)
    {
        if (label < 0)
        {
            logits.Clear();
            return 0;
        }

        var row = scratch[..logits.Length];
        Widen(logits, row);
        var loss = Invoke(row, label, scale);
        Narrow(row, logits);
        return loss;
    }

    private static void Widen(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var i = 0;
        for (; i + 8 <= source.Length; i += 8)
        {
            Bf16.Load(source, i).StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = Bf16.ToSingle(source[i]);
        }
    }

    private static void Narrow(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var i = 0;
        for (; i + 8 <= source.Length; i += 8)
        {
            Bf16.Store(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)i), destination, i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = Bf16.FromSingle(source[i]);
        }
    }

    private static float Max(ReadOnlySpan<float> z)
    {
        var lanes = Vector256.Create(float.NegativeInfinity);
        var i = 0;
        for (; i + 8 <= z.Length; i += 8)
        {
            lanes = Vector256.Max(lanes, Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(z), (nuint)i));
        }

        var max = float.NegativeInfinity;
        for (var lane = 0; lane < 8; lane++)
        {
            max = MathF.Max(max, lanes[lane]);
        }

        for (; i < z.Length; i++)
        {
            max = MathF.Max(max, z[i]);
        }

        return max;
    }

    private static float ExponentiateAndSum(Span<float> z, float max)
    {
        var lanes = Vector256<float>.Zero;
        var i = 0;
        for (; i + 8 <= z.Length; i += 8)
        {
            ref var at = ref MemoryMarshal.GetReference(z);
            var e = FastExp.Invoke(Vector256.LoadUnsafe(ref at, (nuint)i) - Vector256.Create(max));
            e.StoreUnsafe(ref at, (nuint)i);
            lanes += e;
        }

        var sum = Vector256.Sum(lanes);
        for (; i < z.Length; i++)
        {
            z[i] = MathF.Exp(z[i] - max);
            sum += z[i];
        }

        return sum;
    }

    private static void Scale(Span<float> z, float factor)
    {
        var i = 0;
        for (; i + 8 <= z.Length; i += 8)
        {
            ref var at = ref MemoryMarshal.GetReference(z);
            (Vector256.LoadUnsafe(ref at, (nuint)i) * factor).StoreUnsafe(ref at, (nuint)i);
        }

        for (; i < z.Length; i++)
        {
            z[i] *= factor;
        }
    }
}
