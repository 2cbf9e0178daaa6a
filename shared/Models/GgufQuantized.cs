using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>Q8_0 and Q4_0 tensors as codes and scales, for executors that multiply them without making floats of them.</summary>
internal static class GgufQuantized
{
    private const int Block = 32;
    private const int ScaleBytes = 2;
    private const sbyte Middle = 8;

    public static WeightEncoding? EncodingOf(GgufType type) => type switch
    {
        GgufType.Q40 => new(4, Block, HasZeros: false),
        GgufType.Q80 => new(8, Block, HasZeros: false),
        _ => null,
    };

    /// <param name="path">The file, for messages.</param>
    /// <param name="tensor">A tensor [N, K] of one of the two types.</param>
    /// <param name="bytes">Its blocks.</param>
    /// <exception cref="InvalidModelException">A scale is not a finite number.</exception>
    public static QuantizedMatrix Read(string path, GgufTensor tensor, ReadOnlySpan<byte> bytes)
    {
        var (outputs, inputs) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
        var codes = GC.AllocateUninitializedArray<sbyte>(outputs * inputs);
        var scales = new float[codes.Length / Block];
        var size = tensor.Type.BlockBytes();
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

        var isFour = tensor.Type == GgufType.Q40;
        var zeros = new sbyte[scales.Length];
        Array.Fill(zeros, isFour ? Middle : (sbyte)0);
        return new() { Outputs = outputs, Inputs = inputs, Bits = isFour ? 4 : 8, GroupSize = Block, Codes = codes, Zeros = zeros, Scales = scales };
    }

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
