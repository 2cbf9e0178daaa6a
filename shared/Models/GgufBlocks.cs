using System.Runtime.InteropServices;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>Between the blocks of GGUF's tensor types and 32-bit floats.</summary>
public static class GgufBlocks
{
    /// <summary>The values that blocks stand for.</summary>
    /// <param name="type">How they are stored.</param>
    /// <param name="blocks">Whole blocks, little-endian.</param>
    /// <param name="values">Exactly as many as the blocks hold; must not overlap them.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    /// <remarks>Products are formed in ggml's order, without fused multiply-add: the result is the same on every machine.</remarks>
    public static void Decode(GgufType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ThrowIfUnfit(type, blocks.Length, values.Length);
        switch (type)
        {
            case GgufType.F32:
                MemoryMarshal.Cast<byte, float>(blocks).CopyTo(values);
                break;
            case GgufType.F16:
                FloatConversion.FromHalf(MemoryMarshal.Cast<byte, Half>(blocks), values);
                break;
            case GgufType.BF16:
                FloatConversion.FromBFloat16(MemoryMarshal.Cast<byte, ushort>(blocks), values);
                break;
            case GgufType.Q40:
                SimpleBlocks.DecodeQ40(blocks, values);
                break;
            case GgufType.Q80:
                SimpleBlocks.DecodeQ80(blocks, values);
                break;
            case GgufType.Q4K:
                SuperBlocks.DecodeQ4K(blocks, values);
                break;
            default:
                SuperBlocks.DecodeQ6K(blocks, values);
                break;
        }
    }

    /// <summary>The blocks nearest to values: without super-blocks as ggml's reference rounds them, bit for bit; with them by least squares of our own.</summary>
    /// <param name="type">How to store them.</param>
    /// <param name="values">Whole blocks of finite numbers.</param>
    /// <param name="blocks">Exactly as many bytes as the values take; must not overlap them.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    /// <remarks>
    /// For a block with the largest magnitude m, over .008 so that its scale is a normal binary16: |value − decoded| ≤ m/254 + m·2⁻¹¹
    /// in Q8_0. In Q4_0 it is m/16 + m·2⁻¹¹ within the range, and m/8 at the end opposite to m, which 4 bits do not reach. Of normally distributed values
    /// Q4_K keeps all but 7.5 % (root mean square; Q4_0: 9 %) and Q6_K all but 2 % (Q8_0: .6 %).
    /// </remarks>
    public static void Encode(GgufType type, ReadOnlySpan<float> values, Span<byte> blocks)
    {
        ThrowIfUnfit(type, blocks.Length, values.Length);
        switch (type)
        {
            case GgufType.F32:
                MemoryMarshal.AsBytes(values).CopyTo(blocks);
                break;
            case GgufType.F16:
                FloatConversion.ToHalf(values, MemoryMarshal.Cast<byte, Half>(blocks));
                break;
            case GgufType.BF16:
                FloatConversion.ToBFloat16(values, MemoryMarshal.Cast<byte, ushort>(blocks));
                break;
            case GgufType.Q40:
                SimpleBlocks.EncodeQ40(values, blocks);
                break;
            case GgufType.Q80:
                SimpleBlocks.EncodeQ80(values, blocks);
                break;
            case GgufType.Q4K:
                SuperBlockFit.EncodeQ4K(values, blocks);
                break;
            default:
                SuperBlockFit.EncodeQ6K(values, blocks);
                break;
        }
    }

    private static void ThrowIfUnfit(GgufType type, int bytes, int values)
    {
        if (bytes % type.BlockBytes() != 0 || bytes / type.BlockBytes() * (long)type.BlockValues() != values)
        {
            throw new ArgumentException($"{bytes} bytes of type {type} are not {values} values.", nameof(values));
        }
    }
}
