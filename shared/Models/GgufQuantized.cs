using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>How tensors are encoded; Q8_0 and Q4_0 tensors as codes and scales, for executors that multiply them without making floats of them.</summary>
internal static class GgufQuantized
{
    private const int Block = 32;
    private const int ScaleBytes = 2;
    private const sbyte Middle = 8;

    public static WeightEncoding? EncodingOf(GgufType type) => type switch
    {
        GgufType.Q40 => new(4, Block, HasZeros: false),
        GgufType.Q80 => new(8, Block, HasZeros: false),
        GgufType.Q4K => new(4, Block, HasZeros: false, IsSuperBlocks: true),
        GgufType.Q6K => new(6, Block / 2, HasZeros: false, IsSuperBlocks: true),
        _ => null,
    };

    /// <param name="path">The file, for messages.</param>
    /// <param name="tensor">A tensor [N, K] of one of the two types.</param>
    /// <param name="bytes">Blocks of some of its rows.</param>
    /// <param name="into">Written over where it has as many rows.</param>
    /// <exception cref="InvalidModelException">A scale is not a finite number.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static QuantizedMatrix Read(string path, GgufTensor tensor, ReadOnlySpan<byte> bytes, QuantizedMatrix? into)
    {
        var size = tensor.Type.BlockBytes();
        var inputs = (int)tensor.Shape[1];
        var outputs = bytes.Length / size * Block / inputs;
        var matrix = into?.Outputs == outputs ? into : Empty(outputs, inputs, tensor.Type);
        var (codes, scales) = (matrix.Codes, matrix.Scales);
        for (var block = 0; block < scales.Length; block++)
        {
            var source = bytes.Slice(block * size, size);
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            if (!float.IsFinite(scales[block]))
            {
                throw new InvalidModelException(path, $"'{tensor.Name}' has a scale that is not a finite number.");
            }

            Unpack(source[ScaleBytes..], codes.AsSpan(block * Block, Block));
        }

        return matrix;
    }

    private static QuantizedMatrix Empty(int outputs, int inputs, GgufType type)
    {
        var isFour = type == GgufType.Q40;
        var zeros = new sbyte[outputs * inputs / Block];
        Array.Fill(zeros, isFour ? Middle : (sbyte)0);
        return new()
        {
            Outputs = outputs,
            Inputs = inputs,
            Bits = isFour ? 4 : 8,
            GroupSize = Block,
            Codes = GC.AllocateUninitializedArray<sbyte>(outputs * inputs),
            Zeros = zeros,
            Scales = new float[zeros.Length],
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack(ReadOnlySpan<byte> source, Span<sbyte> codes)
    {
        if (source.Length == Block)
        {
            MemoryMarshal.Cast<byte, sbyte>(source).CopyTo(codes);
            return;
        }

        // Eight at a time: a model has a thousand million of them.
        const ulong nibbles = 0x0F0F0F0F0F0F0F0F;
        var pairs = MemoryMarshal.Cast<byte, ulong>(source);
        var wide = MemoryMarshal.Cast<sbyte, ulong>(codes);
        for (var i = 0; i < pairs.Length; i++)
        {
            wide[i] = pairs[i] & nibbles;
            wide[i + pairs.Length] = (pairs[i] >> 4) & nibbles;
        }
    }
}
