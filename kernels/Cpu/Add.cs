using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>The residual connection.</summary>
public static class Add
{
    /// <summary>The definition, in double.</summary>
    /// <param name="x">[N].</param>
    /// <param name="sum">[N]; x is added to it.</param>
    public static void Reference(ReadOnlySpan<double> x, Span<double> sum)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += x[i];
        }
    }

    /// <summary>sum[i] += x[i].</summary>
    /// <param name="x">[N].</param>
    /// <param name="sum">[N]; x is added to it.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Invoke(ReadOnlySpan<float> x, Span<float> sum)
    {
        Shape.Require(x.Length == sum.Length, nameof(sum), $"{sum.Length} values, not {x.Length}");
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var ps = ref MemoryMarshal.GetReference(sum);
        var i = 0;
        for (; i + 16 <= sum.Length; i += 16)
        {
            (Vector512.LoadUnsafe(ref ps, (nuint)i) + Vector512.LoadUnsafe(ref px, (nuint)i)).StoreUnsafe(ref ps, (nuint)i);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] += x[i];
        }
    }
}
