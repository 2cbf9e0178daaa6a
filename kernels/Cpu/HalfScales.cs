using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace InternPlatform.Kernels.Cpu;

/// <summary>IEEE halves to floats without an instruction for it: the bits are moved to where a float has them, and the exponent's bias is made good by a product, which is exact, for subnormal halves, too. Not for infinities and NaN.</summary>
internal static unsafe class HalfScales
{
    // 2^(127 − 15).
    private const float Bias = 5.192296858534828e33f;
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
    public static Vector512<float> Load512(byte* halves)
    {
        var (low, high) = Vector256.Widen(Vector256.Load((short*)halves));
        var bits = Vector512.ShiftLeft(Vector512.Create(low, high), 13) & Vector512.Create(Kept);
        return bits.AsSingle() * Vector512.Create(Bias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(byte* halves)
    {
        var (low, high) = Vector128.Widen(Vector128.Load((short*)halves));
        var bits = Vector256.ShiftLeft(Vector256.Create(low, high), 13) & Vector256.Create(Kept);
        return bits.AsSingle() * Vector256.Create(Bias);
    }
}
