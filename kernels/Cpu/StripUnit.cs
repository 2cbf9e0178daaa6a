using System.Buffers.Binary;

namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Before a strip of super-blocks: the power of two that its halves were multiplied by, taken back. Their scales are so small (a weight over 15 · 63 or 32 · 128) that in
/// half precision they would be subnormal, which makes a product cost twice.
/// </summary>
internal static class StripUnit
{
    /// <summary>A line of the cache, of which four bytes are used.</summary>
    public const int Bytes = 64;

    // The largest half becomes one of 2^14 and more; none is made smaller, so that each stays exact.
    private const int Largest = 14;

    /// <summary>Writes the unit of a strip.</summary>
    /// <param name="scales">Of its rows.</param>
    /// <param name="minimums">The same, or none.</param>
    /// <param name="strip">Where it begins.</param>
    /// <returns>What to multiply its halves by.</returns>
    public static float Write(ReadOnlySpan<float> scales, ReadOnlySpan<float> minimums, Span<byte> strip)
    {
        var most = 0f;
        foreach (var scale in scales)
        {
            most = MathF.Max(most, MathF.Abs(scale));
        }

        foreach (var scale in minimums)
        {
            most = MathF.Max(most, MathF.Abs(scale));
        }

        var factor = most == 0 ? 1 : MathF.ScaleB(1, Math.Max(0, Largest - MathF.ILogB(most)));
        BinaryPrimitives.WriteSingleLittleEndian(strip, HalfScales.Bias / factor);
        return factor;
    }
}
