using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace InternPlatform.Kernels.Cpu;

/// <summary>IEEE halves to floats without an instruction for it: the bits are moved to where a float has them, and the exponent's bias is made good by a product, which is exact, for subnormal halves, too. Not for infinities and NaN.</summary>
internal static unsafe class HalfScales
{
    /// <summary>Of a half for each row of a strip.</summary>
    public const int Bytes = StripLayout.Rows * sizeof(ushort);

    /// <summary>2^(127 − 15): what makes good for the exponent's bias.</summary>
    public const float Bias = 5.192296858534828e33f;

    private const int Kept = unchecked((int)0x8FFFE000);

    /// <summary>What half precision cannot hold would be read back as another, finite number.</summary>
    public static void Require(ReadOnlySpan<float> scales, string parameter)
    {
        foreach (var scale in scales)
        {
            Shape.Require(Half.IsFinite((Half)scale), parameter, $"the scale {scale} is too large for half precision");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* halves) => Load512(halves, Bias);

    /// <param name="unit"><see cref="Bias"/>, or that times what the halves were divided by: a power of two.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(byte* halves, float unit)
    {
        var bits = Vector512.ShiftLeft(Wide(Vector256.Load((short*)halves)), 13) & Vector512.Create(Kept);
        return bits.AsSingle() * Vector512.Create(unit);
    }

    // Two halves put together go through memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Wide(Vector256<short> halves) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(halves) : Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Wide(Vector128<short> halves) =>
        Avx2.IsSupported ? Avx2.ConvertToVector256Int32(halves) : Vector256.Create(Vector128.WidenLower(halves), Vector128.WidenUpper(halves));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* halves) => Load256(halves, Bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* halves, float unit)
    {
        var bits = Vector256.ShiftLeft(Wide(Vector128.Load((short*)halves)), 13) & Vector256.Create(Kept);
        return bits.AsSingle() * Vector256.Create(unit);
    }

    /// <summary>One of them.</summary>
    public static float Load(byte* halves, int row, float unit) => (float)((Half*)halves)[row] * (unit / Bias);
}
