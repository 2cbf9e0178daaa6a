using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>Q4_K and Q6_K tensors as codes and scales, for executors that multiply them without making floats of them; the layout is told in <see cref="SuperBlocks"/>.</summary>
internal static class GgufSuperBlocks
{
    private const int Values = SuperBlockMatrix.SuperBlock;

    /// <param name="path">The file, for messages.</param>
    /// <param name="tensor">A tensor [N, K] of one of the two types.</param>
    /// <param name="bytes">Blocks of some of its rows.</param>
    /// <param name="into">Written over where it has as many rows.</param>
    /// <exception cref="InvalidModelException">A scale is not a finite number.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static SuperBlockMatrix Read(string path, GgufTensor tensor, ReadOnlySpan<byte> bytes, SuperBlockMatrix? into)
    {
        var (size, inputs) = (tensor.Type.BlockBytes(), (int)tensor.Shape[1]);
        var count = bytes.Length / size;
        var outputs = count * Values / inputs;
        var matrix = into?.Outputs == outputs ? into : Empty(outputs, inputs, tensor.Type);
        for (var block = 0; block < count; block++)
        {
            var source = bytes.Slice(block * size, size);
            var codes = MemoryMarshal.Cast<sbyte, ulong>(matrix.Codes.AsSpan(block * Values, Values));
            if (tensor.Type == GgufType.Q4K)
            {
                matrix.Scales[block] = Finite(path, tensor.Name, source);
                matrix.MinimumScales[block] = Finite(path, tensor.Name, source[2..]);
                SuperBlocks.UnpackQ4K(source, codes, matrix.BlockScales.AsSpan(block * 8, 8), matrix.BlockMinimums.AsSpan(block * 8, 8));
            }
            else
            {
                matrix.Scales[block] = Finite(path, tensor.Name, source[208..]);
                SuperBlocks.UnpackQ6K(source, codes, matrix.BlockScales.AsSpan(block * 16, 16));
            }
        }

        return matrix;
    }

    private static SuperBlockMatrix Empty(int outputs, int inputs, GgufType type)
    {
        var (values, isFour) = (outputs * inputs, type == GgufType.Q4K);
        return new()
        {
            Outputs = outputs,
            Inputs = inputs,
            Bits = isFour ? 4 : 6,
            Codes = GC.AllocateUninitializedArray<sbyte>(values),
            BlockScales = new sbyte[values / (isFour ? 32 : 16)],
            BlockMinimums = new byte[isFour ? values / 32 : 0],
            Scales = new float[values / Values],
            MinimumScales = new float[isFour ? values / Values : 0],
        };
    }

    private static float Finite(string path, string name, ReadOnlySpan<byte> half)
    {
        var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(half);
        return float.IsFinite(scale) ? scale : throw new InvalidModelException(path, $"'{name}' has a scale that is not a finite number.");
    }
}
