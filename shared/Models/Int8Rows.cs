using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>Rows of a matrix of 8-bit codes with one scale a row.</summary>
/// <param name="folder">Where it is.</param>
/// <param name="weightName">Its name.</param>
/// <param name="inputs">K.</param>
internal sealed class Int8Rows(ModelFolder folder, string weightName, int inputs) : WeightRows
{
    private readonly float[] scales = folder.ReadScales(QuantizedNames.RowScale(weightName));
    private QuantizedMatrix? matrix;

    public override ReadOnlySpan<float> Floats(int first, int count) => Codes(first, count).Dequantize();

    public override QuantizedMatrix Codes(int first, int count)
    {
        matrix = matrix?.Outputs == count ? matrix : new()
        {
            Outputs = count,
            Inputs = inputs,
            Bits = 8,
            GroupSize = inputs,
            Codes = new sbyte[count * inputs],
            Zeros = new sbyte[count],
            Scales = new float[count],
        };
        MemoryMarshal.Cast<byte, sbyte>(folder.Bytes(weightName)).Slice(first * inputs, count * inputs).CopyTo(matrix.Codes);
        scales.AsSpan(first, count).CopyTo(matrix.Scales);
        return matrix;
    }
}
