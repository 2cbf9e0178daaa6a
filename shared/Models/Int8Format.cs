using System.Runtime.InteropServices;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>8-bit weights as LMDeploy's QLinear stores them: <c>weight</c> int8 [N, K] and <c>scale</c> f32 [N, 1].</summary>
internal static class Int8Format
{
    public static IEnumerable<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> Write(string weightName, QuantizedMatrix matrix)
    {
        yield return (weightName, DType.I8, [matrix.Outputs, matrix.Inputs], MemoryMarshal.AsBytes<sbyte>(matrix.Codes).ToArray());
        yield return (QuantizedNames.RowScale(weightName), DType.F32, [matrix.Outputs, 1], MemoryMarshal.AsBytes<float>(matrix.Scales).ToArray());
    }
}
