using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>Rows of a matrix in AWQ's layout, which has them as columns of words: sixteen rows are two words of each input.</summary>
/// <param name="folder">Where it is.</param>
/// <param name="weightName">Its float name.</param>
/// <param name="outputs">N.</param>
/// <param name="inputs">K.</param>
/// <param name="groupSize">Inputs that share a scale and a zero point.</param>
internal sealed class AwqRows(ModelFolder folder, string weightName, int outputs, int inputs, int groupSize) : WeightRows
{
    private readonly float[] scales = folder.ReadScales(QuantizedNames.GroupScales(weightName));   // [K/g, N]
    private QuantizedMatrix? matrix;

    public override ReadOnlySpan<float> Floats(int first, int count) => Codes(first, count).Dequantize();

    /// <remarks>Rows come by whole words of eight.</remarks>
    public override QuantizedMatrix Codes(int first, int count)
    {
        var groups = inputs / groupSize;
        matrix = matrix?.Outputs == count ? matrix : new()
        {
            Outputs = count,
            Inputs = inputs,
            Bits = 4,
            GroupSize = groupSize,
            Codes = new sbyte[count * inputs],
            Zeros = new sbyte[count * groups],
            Scales = new float[count * groups],
        };
        var words = outputs / AwqFormat.PerWord;
        AwqFormat.Unpack(MemoryMarshal.Cast<byte, uint>(folder.Bytes(QuantizedNames.PackedCodes(weightName))), words, first, matrix.Codes, inputs);
        AwqFormat.Unpack(MemoryMarshal.Cast<byte, uint>(folder.Bytes(QuantizedNames.PackedZeros(weightName))), words, first, matrix.Zeros, groups);
        for (var i = 0; i < matrix.Scales.Length; i++)
        {
            matrix.Scales[i] = scales[(i % groups * outputs) + first + (i / groups)];
        }

        return matrix;
    }
}
