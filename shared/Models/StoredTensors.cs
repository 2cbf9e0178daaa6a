using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>What must lie in the file for a weight.</summary>
/// <param name="Name">Tensor name.</param>
/// <param name="Type">Its type; null: any float.</param>
/// <param name="Shape">Its shape.</param>
internal sealed record StoredTensor(string Name, DType? Type, long[] Shape)
{
    public bool Fits(DType type, IReadOnlyList<long> shape) => shape.SequenceEqual(Shape) && Fits(type);

    public override string ToString() => $"'{Name}' with the shape [{string.Join(", ", Shape)}] and the type {Type?.ToString() ?? "of a float"}";

    private bool Fits(DType type) => Type is { } required ? type == required : type is DType.F32 or DType.F16 or DType.BF16 or DType.F64;
}

/// <summary>The tensors that a checkpoint of a configuration stores: one for a float weight, two or three for a quantised one.</summary>
internal static class StoredTensors
{
    public static IEnumerable<StoredTensor> Of(ModelConfig config) => WeightNames.All(config).SelectMany(weight => Of(config, weight.Name, weight.Shape));

    private static IEnumerable<StoredTensor> Of(ModelConfig config, string name, long[] shape)
    {
        if (config.Quantization is not { } quantization || !quantization.Converts(name, shape))
        {
            return [new(name, null, shape)];
        }

        var (outputs, inputs) = (shape[0], shape[1]);
        return quantization.Layout switch
        {
            QuantizationLayout.Awq =>
            [
                new(QuantizedNames.PackedCodes(name), DType.I32, [inputs, outputs / AwqFormat.PerWord]),
                new(QuantizedNames.PackedZeros(name), DType.I32, [inputs / quantization.GroupSize, outputs / AwqFormat.PerWord]),
                new(QuantizedNames.GroupScales(name), null, [inputs / quantization.GroupSize, outputs]),
            ],
            _ => [new(name, DType.I8, shape), new(QuantizedNames.RowScale(name), null, [outputs, 1])],
        };
    }
}
