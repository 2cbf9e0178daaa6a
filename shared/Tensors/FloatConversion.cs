using System.Numerics;
using System.Runtime.InteropServices;

namespace InternPlatform.Tensors;

/// <summary>Between 32-bit floats and the 16-bit floats that models are stored in.</summary>
public static class FloatConversion
{
    /// <summary>destination[i] = source[i], exactly: bfloat16 is the upper half of a binary32.</summary>
    /// <param name="source">bfloat16 bits.</param>
    /// <param name="destination">At least as long as <paramref name="source"/>; must not overlap it.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    public static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        ThrowIfShorter(source.Length, destination.Length);
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        for (; i + Vector<ushort>.Count <= source.Length; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var lower, out var upper);
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            bits[i] = (uint)source[i] << 16;
        }
    }

    /// <summary>destination[i] = source[i] rounded to bfloat16, to nearest, ties to even; a NaN stays a NaN.</summary>
    /// <param name="source">Values.</param>
    /// <param name="destination">bfloat16 bits, at least as long as <paramref name="source"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    /// <remarks>|destination − source| ≤ 2⁻⁸ · |source| for normal numbers.</remarks>
    public static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        ThrowIfShorter(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(source[i]);

            // Adding just under half carries into the kept bits when the rest is over half, or half and the kept part odd.
            // A NaN could round to infinity, so it keeps its upper half with the quiet bit set.
            destination[i] = float.IsNaN(source[i])
                ? (ushort)((bits >> 16) | 0x40)
                : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    /// <summary>destination[i] = source[i], exactly.</summary>
    /// <param name="source">binary16 values.</param>
    /// <param name="destination">At least as long as <paramref name="source"/>; must not overlap it.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    public static void FromHalf(ReadOnlySpan<Half> source, Span<float> destination)
    {
        ThrowIfShorter(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = (float)source[i];
        }
    }

    /// <summary>destination[i] = source[i] rounded to binary16, to nearest, ties to even; above 65,504 to infinity.</summary>
    /// <param name="source">Values.</param>
    /// <param name="destination">At least as long as <paramref name="source"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    /// <remarks>|destination − source| ≤ 2⁻¹¹ · |source| for numbers normal in binary16.</remarks>
    public static void ToHalf(ReadOnlySpan<float> source, Span<Half> destination)
    {
        ThrowIfShorter(source.Length, destination.Length);
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = (Half)source[i];
        }
    }

    private static void ThrowIfShorter(int source, int destination)
    {
        if (destination < source)
        {
            throw new ArgumentException($"{source} values do not fit in {destination}.", nameof(destination));
        }
    }
}
