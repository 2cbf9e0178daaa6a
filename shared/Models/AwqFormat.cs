using System.Runtime.InteropServices;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>
/// 4-bit weights as AutoAWQ's and LMDeploy's kernels read them: <c>qweight</c> int32 [K, N/8], <c>qzeros</c> int32 [K/g, N/8], <c>scales</c> f16 [K/g, N].
/// Bits 4i … 4i+3 of word c belong to output 8c + Order[i].
/// </summary>
internal static class AwqFormat
{
    public const int PerWord = 8;

    /// <summary>Two zero points that say nothing, 8 and 8.</summary>
    public const byte Middles = 0x88;

    private static ReadOnlySpan<int> Order => [0, 2, 4, 6, 1, 3, 5, 7];

    public static IEnumerable<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> Write(string weightName, QuantizedMatrix matrix)
    {
        long words = matrix.Outputs / PerWord;
        yield return (QuantizedNames.PackedCodes(weightName), DType.I32, [matrix.Inputs, words], Pack(matrix.Codes, matrix.Outputs, matrix.Inputs));
        yield return (QuantizedNames.PackedZeros(weightName), DType.I32, [matrix.Groups, words], Pack(matrix.Zeros, matrix.Outputs, matrix.Groups));
        yield return (QuantizedNames.GroupScales(weightName), DType.F16, [matrix.Groups, matrix.Outputs], Halves(Turned<float>(matrix.Scales, matrix.Outputs, matrix.Groups)));
    }

    /// <summary>[N, columns] values of four bits into words [columns, N/8].</summary>
    private static byte[] Pack(ReadOnlySpan<sbyte> values, int outputs, int columns)
    {
        var words = new uint[columns * (outputs / PerWord)];
        for (var at = 0; at < words.Length; at++)
        {
            var (column, word) = (at / (outputs / PerWord), at % (outputs / PerWord));
            for (var i = 0; i < PerWord; i++)
            {
                words[at] |= (uint)values[(((word * PerWord) + Order[i]) * columns) + column] << (4 * i);
            }
        }

        return MemoryMarshal.AsBytes<uint>(words).ToArray();
    }

    /// <summary>Words [columns, N/8] into rows of four-bit values, [rows, columns].</summary>
    /// <param name="packed">All words.</param>
    /// <param name="words">N/8.</param>
    /// <param name="first">First row; a multiple of 8.</param>
    /// <param name="values">As many rows as it takes, by eight.</param>
    /// <param name="columns">Columns.</param>
    public static void Unpack(ReadOnlySpan<uint> packed, int words, int first, Span<sbyte> values, int columns)
    {
        for (var row = 0; row < values.Length / columns; row += PerWord)
        {
            var eight = values.Slice(row * columns, PerWord * columns);
            for (var column = 0; column < columns; column++)
            {
                var word = packed[(column * words) + ((first + row) / PerWord)];
                for (var i = 0; i < PerWord; i++)
                {
                    eight[(Order[i] * columns) + column] = (sbyte)((word >> (4 * i)) & 15);
                }
            }
        }
    }

    private static T[] Turned<T>(ReadOnlySpan<T> values, int rows, int columns)
    {
        var turned = new T[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            turned[(i % columns * rows) + (i / columns)] = values[i];
        }

        return turned;
    }

    private static byte[] Halves(float[] values)
    {
        var halves = new Half[values.Length];
        FloatConversion.ToHalf(values, halves);
        return MemoryMarshal.AsBytes<Half>(halves).ToArray();
    }
}
