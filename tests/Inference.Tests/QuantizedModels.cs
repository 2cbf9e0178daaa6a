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

    /// <summary>A random model of rows that are whole super-blocks, as a GGUF file like llama.cpp's Q4_K_M: in 4 bits, some matrices in 6.</summary>
    public static string WriteSuperBlocks(string folder, string modelType)
    {
        var config = TinyModel.Config with
        {
            ModelType = modelType,
            QkvBias = modelType == "qwen2",
            HiddenSize = 256,
            IntermediateSize = 512,
            HeadCount = 8,
            KvHeadCount = 2,
            HeadDim = 32,
        };
        var path = Path.Join(folder, $"{modelType}.gguf");
        using var original = new RandomModel(config);
        ModelConverter.WriteGguf(
            path, original, name => name == WeightNames.LmHead || name.Contains("v_proj", StringComparison.Ordinal) || name.Contains("layers.1.mlp.down", StringComparison.Ordinal) ? GgufType.Q6K : GgufType.Q4K);
        return path;
    }

    /// <summary>The floats that a model's weights stand for.</summary>
    public sealed class WideModel(IModelSource original) : IModelSource
    {
        public string Path => original.Path;

        public ModelConfig Config => original.Config;

        public float[] ReadFloats(string weightName) => original.ReadFloats(weightName);

        public void Dispose() => original.Dispose();
    }

    private sealed class RandomModel(ModelConfig config) : IModelSource
    {
        public string Path => "random";

        public ModelConfig Config => config;

        public float[] ReadFloats(string weightName)
        {
            var shape = WeightNames.All(config).First(weight => weight.Name == weightName).Shape;
            var random = new Random(weightName.Length * 31 + weightName[^1] + weightName.Sum(letter => letter));
            return [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => shape.Length == 1 ? 1f : (float)((random.NextDouble() - 0.5) * 4 / Math.Sqrt(shape[^1])))];
        }

        public void Dispose()
        {
        }
    }
}
