using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>The greatest score: greedy decoding.</summary>
public static class ArgMax
{
    /// <summary>The definition: index of the first greatest value.</summary>
    /// <param name="x">Scores, [N], N &gt; 0.</param>
    public static int Reference(ReadOnlySpan<double> x)
    {
        var best = 0;
        for (var i = 1; i < x.Length; i++)
        {
            if (x[i] > x[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Index of the first greatest value: equal scores go to the lower id.</summary>
    /// <param name="x">Scores, [N]; none is NaN.</param>
    /// <exception cref="ArgumentException">x is empty.</exception>
    public static int Invoke(ReadOnlySpan<float> x)
    {
        Shape.Require(!x.IsEmpty, nameof(x), "no scores");
        return x.IndexOf(Maximum(x));
    }

    /// <summary>The greatest value.</summary>
    /// <param name="x">Scores, [N], N &gt; 0; none is NaN.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Maximum(ReadOnlySpan<float> x)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        var max = float.NegativeInfinity;
        var i = 0;
        if (x.Length >= 16)
        {
            var greatest = Vector512.LoadUnsafe(ref px);
            for (i = 16; i + 16 <= x.Length; i += 16)
            {
                greatest = Vector512.Max(greatest, Vector512.LoadUnsafe(ref px, (nuint)i));
            }

            for (var lane = 0; lane < 16; lane++)
            {
                max = MathF.Max(max, greatest[lane]);
            }
        }

        for (; i < x.Length; i++)
        {
            max = MathF.Max(max, x[i]);
        }

        return max;
    }

    /// <summary>Whether a row of logits can be sampled from: no NaN, no +∞. −∞ is a masked entry.</summary>
    /// <param name="x">Scores, [N].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsOrdered(ReadOnlySpan<float> x)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        var i = 0;
        var limit = Vector512.Create(float.PositiveInfinity);
        for (; i + 16 <= x.Length; i += 16)
        {
            if (!Vector512.LessThanAll(Vector512.LoadUnsafe(ref px, (nuint)i), limit))
            {
                return false;
            }
        }

        for (; i < x.Length; i++)
        {
            if (!(x[i] < float.PositiveInfinity))
            {
                return false;
            }
        }

        return true;
    }
}
