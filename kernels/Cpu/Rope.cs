using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Rotary position embedding (Su et al. 2021, arXiv:2104.09864), half-split: dimensions j and j + D/2 are a pair.</summary>
public static class Rope
{
    /// <summary>The definition, in double: pair j at position p turns by p · theta^(−2j/D).</summary>
    /// <param name="x">Heads, [T, H, D]; rotated in place.</param>
    /// <param name="positions">Position of each token, [T].</param>
    /// <param name="heads">H.</param>
    /// <param name="headDim">D, even.</param>
    /// <param name="theta">Base of the frequencies; the checkpoint's <c>rope_theta</c>.</param>
    public static void Reference(Span<double> x, ReadOnlySpan<int> positions, int heads, int headDim, double theta)
    {
        var half = headDim / 2;
        for (var t = 0; t < positions.Length; t++)
        {
            for (var h = 0; h < heads; h++)
            {
                var head = x.Slice(((t * heads) + h) * headDim, headDim);
                for (var j = 0; j < half; j++)
                {
                    var angle = positions[t] * Math.Pow(theta, -2.0 * j / headDim);
                    var (a, b) = (head[j], head[j + half]);
                    head[j] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                    head[j + half] = (b * Math.Cos(angle)) + (a * Math.Sin(angle));
                }
            }
        }
    }

    /// <summary>Fills the tables that <see cref="Invoke"/> reads; angles are computed in double.</summary>
    /// <param name="frequencies">Turns per position of each pair, [D/2]; see <see cref="RopeFrequencies"/>.</param>
    /// <param name="amplitude">Multiplies sines and cosines; 1 but for YaRN.</param>
    /// <param name="cosines">Out, [P, D/2]; its length sets P.</param>
    /// <param name="sines">Out, [P, D/2].</param>
    /// <exception cref="ArgumentException">The tables differ in length or are no rows of D/2.</exception>
    public static void FillTables(ReadOnlySpan<double> frequencies, double amplitude, Span<float> cosines, Span<float> sines)
    {
        var half = frequencies.Length;
        Shape.Require(cosines.Length == sines.Length && cosines.Length % half == 0, nameof(sines), "tables differ in length, or are not rows of D/2");
        for (var j = 0; j < half; j++)
        {
            for (var position = 0; position < cosines.Length / half; position++)
            {
                var (sine, cosine) = Math.SinCos(position * frequencies[j]);
                cosines[(position * half) + j] = (float)(amplitude * cosine);
                sines[(position * half) + j] = (float)(amplitude * sine);
            }
        }
    }

    /// <summary>Rotates the heads of each token by its position.</summary>
    /// <param name="x">Heads, [T, H, D]; rotated in place.</param>
    /// <param name="positions">Position of each token, [T], inside the tables.</param>
    /// <param name="cosines">Table, [P, D/2].</param>
    /// <param name="sines">Table, [P, D/2].</param>
    /// <param name="heads">H.</param>
    /// <param name="headDim">D, even.</param>
    /// <exception cref="ArgumentException">x is not [T, H, D].</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position lies outside the tables.</exception>
    /// <remarks>|y − Reference| ≤ 1e-6 · |pair| for positions under 4096, held by KernelTests.</remarks>
    public static void Invoke(Span<float> x, ReadOnlySpan<int> positions, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, int heads, int headDim)
    {
        var half = headDim / 2;
        Shape.Require(x.Length == positions.Length * heads * headDim, nameof(x), $"{x.Length} values, not {positions.Length} x {heads} x {headDim}");
        for (var t = 0; t < positions.Length; t++)
        {
            var cos = cosines.Slice(positions[t] * half, half);
            var sin = sines.Slice(positions[t] * half, half);
            for (var h = 0; h < heads; h++)
            {
                Turn(x.Slice(((t * heads) + h) * headDim, headDim), cos, sin);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn(Span<float> head, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        var half = cos.Length;
        ref var low = ref MemoryMarshal.GetReference(head);
        ref var high = ref Unsafe.Add(ref low, half);
        ref var pc = ref MemoryMarshal.GetReference(cos);
        ref var ps = ref MemoryMarshal.GetReference(sin);
        var j = 0;
        for (; j + 16 <= half; j += 16)
        {
            var a = Vector512.LoadUnsafe(ref low, (nuint)j);
            var b = Vector512.LoadUnsafe(ref high, (nuint)j);
            var c = Vector512.LoadUnsafe(ref pc, (nuint)j);
            var s = Vector512.LoadUnsafe(ref ps, (nuint)j);
            ((a * c) - (b * s)).StoreUnsafe(ref low, (nuint)j);
            ((b * c) + (a * s)).StoreUnsafe(ref high, (nuint)j);
        }

        for (; j < half; j++)
        {
            var (a, b) = (head[j], head[j + half]);
            head[j] = (a * cos[j]) - (b * sin[j]);
            head[j + half] = (b * cos[j]) + (a * sin[j]);
        }
    }
}
