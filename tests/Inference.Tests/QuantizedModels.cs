using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;

namespace InternPlatform.Inference.Tests;

/// <summary>The tiny model rounded, and the float model that has exactly the rounded values.</summary>
internal static class QuantizedModels
{
    public static string Quantize(this TinyModel model, int bits)
    {
        using var original = model.Open();
        return Quantize(original, bits);
    }

    public static string Quantize(ModelFolder original, int bits)
    {
        var quantization = bits == 4 ? QuantizationConfig.FourBits(32) : QuantizationConfig.EightBits();
        var folder = $"{original.Path}-int{bits}";
        ModelFolderWriter.Write(
            folder, original.Config with { Quantization = quantization }, original.Tokenizer, RoundToNearest.Quantize(original, quantization, (_, _) => { }, CancellationToken.None));
        return folder;
    }

    public static string Dequantize(string quantized)
    {
        using var model = ModelFolder.Open(quantized);
        var folder = quantized + "-wide";
        ModelFolderWriter.Write(folder, model.Config with { Quantization = null }, model.Tokenizer, [.. WeightNames.All(model.Config).Select(weight =>
            (weight.Name, DType.F32, weight.Shape, (ReadOnlyMemory<byte>)System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(model.ReadFloats(weight.Name)).ToArray()))]);
        return folder;
    }
}
