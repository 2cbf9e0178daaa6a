using System.Buffers.Binary;

namespace InternPlatform.Models;

/// <summary>
/// ggml's blocks of 32 values with one scale d in binary16, which comes first. Q8_0: 32 signed bytes q, value = d · q.
/// Q4_0: 16 bytes, whose low halves are values 0 to 15 and whose high halves are values 16 to 31; value = d · (q − 8).
/// </summary>
internal static class SimpleBlocks
{
    private const int Values = 32;
    private const int HalfBlock = Values / 2;
    private const int ScaleBytes = 2;

    public static void DecodeQ80(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        const int size = ScaleBytes + Values;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = blocks.Slice(block * size, size);
            var target = values.Slice(block * Values, Values);
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            for (var i = 0; i < Values; i++)
            {
                target[i] = scale * (sbyte)source[ScaleBytes + i];
            }
        }
    }

    public static void DecodeQ40(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        const int size = ScaleBytes + HalfBlock;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = blocks.Slice(block * size, size);
            var target = values.Slice(block * Values, Values);
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            for (var i = 0; i < HalfBlock; i++)
            {
                target[i] = scale * ((source[ScaleBytes + i] & 15) - 8);
                target[HalfBlock + i] = scale * ((source[ScaleBytes + i] >> 4) - 8);
            }
        }
    }

    /// <summary>d = max |x| / 127, q = round(x / d), halves away from zero; d is rounded to binary16 only where it is stored.</summary>
    public static void EncodeQ80(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int size = ScaleBytes + Values;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = values.Slice(block * Values, Values);
            var target = blocks.Slice(block * size, size);
            var scale = MathF.Abs(Furthest(source)) / 127;
            var perScale = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            for (var i = 0; i < Values; i++)
            {
                target[ScaleBytes + i] = (byte)(sbyte)MathF.Round(source[i] * perScale, MidpointRounding.AwayFromZero);
            }
        }
    }

    /// <summary>d = m / −8 for the value m of largest magnitude, which so becomes the code 0; q = min(15, ⌊x / d + 8.5⌋).</summary>
    public static void EncodeQ40(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int size = ScaleBytes + HalfBlock;
        for (var block = 0; block < values.Length / Values; block++)
        {
            var source = values.Slice(block * Values, Values);
            var target = blocks.Slice(block * size, size);
            var scale = Furthest(source) / -8;
            var perScale = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
            for (var i = 0; i < HalfBlock; i++)
            {
                target[ScaleBytes + i] = (byte)(Code(source[i] * perScale) | (Code(source[HalfBlock + i] * perScale) << 4));
            }
        }
    }

    private static int Code(float steps) => Math.Min(15, (int)(steps + 8.5f));

    /// <summary>The value of largest magnitude, of several the first.</summary>
    private static float Furthest(ReadOnlySpan<float> values)
    {
        var furthest = 0f;
        foreach (var value in values)
        {
            if (MathF.Abs(value) > MathF.Abs(furthest))
            {
                furthest = value;
            }
        }

        return furthest;
    }
}
