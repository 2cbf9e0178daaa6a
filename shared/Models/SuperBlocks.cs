using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>
/// ggml's blocks of 256 values, whose scales are themselves in few bits under a scale d in binary16 ("k-quants").
/// Q4_K: d, dmin, 12 bytes with 8 scales and 8 minima of 6 bits, 128 bytes with codes of 4 bits; value = d · scale · q − dmin · min
/// for each 32. Q6_K: 128 bytes with the low 4 bits, 64 with the high 2, 16 signed scales, d; value = d · scale · (q − 32) for each 16.
/// </summary>
internal static class SuperBlocks
{
    private const int Values = 256;

    public static void DecodeQ4K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        const int size = 144, scaleBytes = 12, perGroup = 32;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = blocks.Slice(block * size, size);
            var target = values.Slice(block * Values, Values);
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            var scales = source.Slice(4, scaleBytes);
            var codes = source[(4 + scaleBytes)..];

            // 32 bytes hold two groups: the first in the low halves, the second in the high ones.
            for (var group = 0; group < Values / perGroup; group++)
            {
                var (groupScale, groupMinimum) = SixBits(scales, group);
                var (step, least) = (scale * groupScale, minimum * groupMinimum);
                var bytes = codes.Slice(group / 2 * perGroup, perGroup);
                var shift = group % 2 * 4;
                for (var i = 0; i < perGroup; i++)
                {
                    target[(group * perGroup) + i] = (step * ((bytes[i] >> shift) & 15)) - least;
                }
            }
        }
    }

    public static void DecodeQ6K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        const int size = 210, perHalf = 128, perScale = 16;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = blocks.Slice(block * size, size);
            var target = values.Slice(block * Values, Values);
            var low = source[..128];
            var high = source.Slice(128, 64);
            var scales = source.Slice(192, 16);
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source[208..]);
            for (var i = 0; i < Values; i++)
            {
                // Of each 128 values, 64 bytes hold the low bits, two 64s in one, and 32 bytes the high bits, four 32s in one.
                var (half, at) = (i / perHalf, i % perHalf);
                var lowBits = (low[(half * 64) + (at % 64)] >> (at / 64 * 4)) & 15;
                var highBits = (high[(half * 32) + (at % 32)] >> (at / 32 * 2)) & 3;
                target[i] = scale * (sbyte)scales[i / perScale] * ((lowBits | (highBits << 4)) - 32);
            }
        }
    }

    /// <summary>Codes, eight in a word, and what is in 6 bits for each 32.</summary>
    public static void UnpackQ4K(ReadOnlySpan<byte> source, Span<ulong> codes, Span<sbyte> scales, Span<byte> minimums)
    {
        const ulong nibbles = 0x0F0F0F0F0F0F0F0F;
        const int perGroup = 32 / sizeof(ulong);
        for (var group = 0; group < scales.Length; group++)
        {
            var (scale, minimum) = SixBits(source.Slice(4, 12), group);
            (scales[group], minimums[group]) = ((sbyte)scale, (byte)minimum);
        }

        var pairs = MemoryMarshal.Cast<byte, ulong>(source[16..]);
        for (var i = 0; i < pairs.Length; i++)
        {
            var at = (i / perGroup * 2 * perGroup) + (i % perGroup);
            codes[at] = pairs[i] & nibbles;
            codes[at + perGroup] = (pairs[i] >> 4) & nibbles;
        }
    }

    /// <summary>Codes, eight in a word, and scales of each 16.</summary>
    public static void UnpackQ6K(ReadOnlySpan<byte> source, Span<ulong> codes, Span<sbyte> scales)
    {
        const ulong nibbles = 0x0F0F0F0F0F0F0F0F, highs = 0x3030303030303030;
        const int quarter = 32 / sizeof(ulong);
        MemoryMarshal.Cast<byte, sbyte>(source.Slice(192, 16)).CopyTo(scales);
        for (var half = 0; half < 2; half++)
        {
            var low = MemoryMarshal.Cast<byte, ulong>(source.Slice(half * 64, 64));
            var high = MemoryMarshal.Cast<byte, ulong>(source.Slice(128 + (half * 32), 32));
            var target = codes[(half * 4 * quarter)..];
            for (var i = 0; i < quarter; i++)
            {
                target[i] = (low[i] & nibbles) | ((high[i] << 4) & highs);
                target[i + quarter] = (low[i + quarter] & nibbles) | ((high[i] << 2) & highs);
                target[i + (2 * quarter)] = ((low[i] >> 4) & nibbles) | (high[i] & highs);
                target[i + (3 * quarter)] = ((low[i + quarter] >> 4) & nibbles) | ((high[i] >> 2) & highs);
            }
        }
    }

    /// <summary>The other way round: eight scales and eight minimums of 6 bits into 12 bytes.</summary>
    public static void PackSixBits(ReadOnlySpan<int> scales, ReadOnlySpan<int> minimums, Span<byte> packed)
    {
        for (var group = 0; group < 4; group++)
        {
            packed[group] = (byte)(scales[group] | (scales[group + 4] >> 4 << 6));
            packed[group + 4] = (byte)(minimums[group] | (minimums[group + 4] >> 4 << 6));
            packed[group + 8] = (byte)((scales[group + 4] & 15) | ((minimums[group + 4] & 15) << 4));
        }
    }

    /// <summary>256 codes of 6 bits into 128 bytes with the low bits and 64 with the high ones.</summary>
    public static void PackSixBitCodes(ReadOnlySpan<byte> codes, Span<byte> packed)
    {
        packed[..192].Clear();
        for (var i = 0; i < codes.Length; i++)
        {
            var (half, at) = (i / 128, i % 128);
            packed[(half * 64) + (at % 64)] |= (byte)((codes[i] & 15) << (at / 64 * 4));
            packed[128 + (half * 32) + (at % 32)] |= (byte)(codes[i] >> 4 << (at / 32 * 2));
        }
    }

    /// <summary>
    /// Scale and minimum of a group. The first four of each are the low 6 bits of bytes 0 to 7; the last four have their low
    /// 4 bits in bytes 8 to 11 and their high 2 bits in what is left of bytes 0 to 7.
    /// </summary>
    private static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> scales, int group) => group < 4
        ? (scales[group] & 63, scales[group + 4] & 63)
        : ((scales[group + 4] & 15) | (scales[group - 4] >> 6 << 4), (scales[group + 4] >> 4) | (scales[group] >> 6 << 4));
}
