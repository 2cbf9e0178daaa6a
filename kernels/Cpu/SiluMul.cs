using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>The gate of SwiGLU (Shazeer 2020, arXiv:2002.05202): y = gate · σ(gate) · up.</summary>
public static class SiluMul
{
    /// <summary>The definition, in double.</summary>
    /// <param name="gate">[N].</param>
    /// <param name="up">[N].</param>
    /// <param name="y">Output, [N].</param>
    public static void Reference(ReadOnlySpan<double> gate, ReadOnlySpan<double> up, Span<double> y)
    {
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
        }
    }

    /// <summary>y[i] = gate[i] / (1 + e^(−gate[i])) · up[i].</summary>
    /// <param name="gate">[N].</param>
    /// <param name="up">[N].</param>
    /// <param name="y">Output, [N]. May be the same memory as either input.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <remarks>|y − Reference| ≤ 2e-6 · max(1, |y|), held by KernelTests.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invoke(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        Shape.Require(gate.Length == y.Length && up.Length == y.Length, nameof(y), $"lengths {gate.Length}, {up.Length}, {y.Length} differ");
        ref var pg = ref MemoryMarshal.GetReference(gate);
        ref var pu = ref MemoryMarshal.GetReference(up);
        ref var py = ref MemoryMarshal.GetReference(y);
        var i = 0;
        for (; i + 16 <= y.Length; i += 16)
        {
            var g = Vector512.LoadUnsafe(ref pg, (nuint)i);
            var silu = g / (Vector512<float>.One + Vector512.Exp(-g));
            (silu * Vector512.LoadUnsafe(ref pu, (nuint)i)).StoreUnsafe(ref py, (nuint)i);
        }

        for (; i < y.Length; i++)
        {
            y[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }
    }
}
