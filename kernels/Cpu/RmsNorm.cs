using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Root mean square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467).</summary>
public static class RmsNorm
{
    /// <summary>The definition, in double.</summary>
    /// <param name="x">Input, [T, D].</param>
    /// <param name="gain">Learned gain, [D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">Output, [T, D].</param>
    public static void Reference(ReadOnlySpan<double> x, ReadOnlySpan<double> gain, double epsilon, Span<double> y)
    {
        for (var row = 0; row < x.Length; row += gain.Length)
        {
            var squares = 0.0;
            for (var d = 0; d < gain.Length; d++)
            {
                squares += x[row + d] * x[row + d];
            }

            var scale = 1 / Math.Sqrt((squares / gain.Length) + epsilon);
            for (var d = 0; d < gain.Length; d++)
            {
                y[row + d] = gain[d] * (x[row + d] * scale);
            }
        }
    }

    /// <summary>y[t, d] = gain[d] · x[t, d] / √(mean over d of x[t, d]² + ε).</summary>
    /// <param name="x">Input, [T, D].</param>
    /// <param name="gain">Learned gain, [D]; its length sets D.</param>
    /// <param name="epsilon">Added to the mean square; the checkpoint's <c>rms_norm_eps</c>.</param>
    /// <param name="y">Output, [T, D]. May be the same memory as <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">x and y differ in length, or are not whole rows of D.</exception>
    /// <remarks>A row's result depends on that row alone. |y − Reference| ≤ 4e-6 · max(1, |y|), held by KernelTests.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float epsilon, Span<float> y)
    {
        var width = gain.Length;
        Shape.Require(width > 0 && x.Length % width == 0, nameof(x), $"{x.Length} values are not rows of {width}");
        Shape.Require(y.Length == x.Length, nameof(y), $"{y.Length} values, not {x.Length}");
        for (var row = 0; row < x.Length; row += width)
        {
            Row(x.Slice(row, width), gain, epsilon, y.Slice(row, width));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float epsilon, Span<float> y)
    {
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var pg = ref MemoryMarshal.GetReference(gain);
        ref var py = ref MemoryMarshal.GetReference(y);
        var sums = Vector512<float>.Zero;
        var d = 0;
        for (; d + 16 <= x.Length; d += 16)
        {
            var v = Vector512.LoadUnsafe(ref px, (nuint)d);
            sums = Vector512.FusedMultiplyAdd(v, v, sums);
        }

        var squares = Vector512.Sum(sums);
        for (var tail = d; tail < x.Length; tail++)
        {
            squares = MathF.FusedMultiplyAdd(x[tail], x[tail], squares);
        }

        var scale = 1 / MathF.Sqrt((squares / x.Length) + epsilon);
        var scales = Vector512.Create(scale);
        for (d = 0; d + 16 <= x.Length; d += 16)
        {
            (Vector512.LoadUnsafe(ref pg, (nuint)d) * (Vector512.LoadUnsafe(ref px, (nuint)d) * scales)).StoreUnsafe(ref py, (nuint)d);
        }

        for (; d < x.Length; d++)
        {
            y[d] = gain[d] * (x[d] * scale);
        }
    }
}
