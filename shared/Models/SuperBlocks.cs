using System.Buffers.Binary;

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

    /// <summary>
    /// Scale and minimum of a group. The first four of each are the low 6 bits of bytes 0 to 7; the last four have their low
    /// 4 bits in bytes 8 to 11 and their high 2 bits in what is left of bytes 0 to 7.
    /// </summary>
    private static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> scales, int group) => group < 4
        ? (scales[group] & 63, scales[group + 4] & 63)
        : ((scales[group + 4] & 15) | (scales[group - 4] >> 6 << 4), (scales[group + 4] >> 4) | (scales[group] >> 6 << 4));
}
