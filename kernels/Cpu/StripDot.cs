using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>Σ q x of a block by 512-bit products of bytes, two side by side in 16 bits.</summary>
internal static unsafe class StripDot
{
    /// <summary>Of codes up to 15: eight products of a 16-bit sum are at most 30,480.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> OfNibbles(
        Vector512<byte> v0, Vector512<byte> v1, Vector512<byte> v2, Vector512<byte> v3, Vector512<byte> v4, Vector512<byte> v5, Vector512<byte> v6, Vector512<byte> v7, sbyte* x)
    {
        var even = Avx512BW.MultiplyAddAdjacent(v0, Four(x)) + Avx512BW.MultiplyAddAdjacent(v1, Four(x + 4));
        var odd = Avx512BW.MultiplyAddAdjacent(v2, Four(x + 8)) + Avx512BW.MultiplyAddAdjacent(v3, Four(x + 12));
        even += Avx512BW.MultiplyAddAdjacent(v4, Four(x + 16));
        odd += Avx512BW.MultiplyAddAdjacent(v5, Four(x + 20));
        even += Avx512BW.MultiplyAddAdjacent(v6, Four(x + 24));
        odd += Avx512BW.MultiplyAddAdjacent(v7, Four(x + 28));
        return Avx512BW.MultiplyAddAdjacent(even + odd, Vector512<short>.One);
    }

    /// <summary>Of codes up to 63, eight inputs: four products are at most 32,004.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Eight(Vector512<byte> low, Vector512<byte> high, sbyte* x) =>
        Avx512BW.MultiplyAddAdjacent(low, Four(x)) + Avx512BW.MultiplyAddAdjacent(high, Four(x + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Four(sbyte* x) => Vector512.Create(*(int*)x).AsSByte();
}
