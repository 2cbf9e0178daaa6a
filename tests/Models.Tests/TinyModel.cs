using System.Runtime.InteropServices;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Models.Tests;

/// <summary>A model of two layers with weights that are numbered, not trained.</summary>
internal static class TinyModel
{
    public static Tokenizer Tokenizer { get; } = BpeTrainer.Train(
        Enumerable.Repeat("the river and the bell 小明说", 20), new BpeTrainingOptions { VocabularySize = 280 }, null, CancellationToken.None);

    public static ModelConfig Config { get; } = new()
    {
        VocabularySize = 288,
        HiddenSize = 16,
        IntermediateSize = 24,
        LayerCount = 2,
        HeadCount = 4,
        KvHeadCount = 2,
        HeadDim = 4,
        BosTokenId = 1,
        EosTokenIds = [2, 4],
        PadTokenId = 2,
        TorchDtype = "float32",
    };

    public static List<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> Weights(ModelConfig config) =>
        [.. WeightNames.All(config).Select((weight, index) => (weight.Name, DType.F32, weight.Shape, Data(index, weight.Shape)))];

    public static float[] Values(int index, long[] shape) =>
        [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => index + i / 1024f)];

    private static ReadOnlyMemory<byte> Data(int index, long[] shape) => MemoryMarshal.AsBytes<float>(Values(index, shape)).ToArray();
}
