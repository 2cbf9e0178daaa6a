using System.Runtime.InteropServices;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tokenization;

namespace InternPlatform.Tests.Support;

/// <summary>A random model of 40 thousand parameters, written as a Hugging Face folder and removed with the fixture.</summary>
public sealed class TinyModel : IDisposable
{
    private const string Text = """
        The quick brown fox jumps over the lazy dog. {"name": "weather", "parameters": {"city": "Paris", "days": 3}}
        春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。 true false null 0123456789
        """;

    private readonly string root = Directory.CreateTempSubdirectory("intern-tiny-").FullName;

    public static Tokenizer Tokenizer { get; } = BpeTrainer.Train([Text, Text], new() { VocabularySize = 320 }, null, CancellationToken.None);

    public static ModelConfig Config { get; } = new()
    {
        VocabularySize = 330,
        HiddenSize = 32,
        IntermediateSize = 64,
        LayerCount = 2,
        HeadCount = 4,
        KvHeadCount = 2,
        HeadDim = 8,
        ContextLength = 160,
        BosTokenId = 1,
        EosTokenIds = [2],
        TorchDtype = "float32",
    };

    /// <summary>A model folder; the change sees each weight before it is written.</summary>
    public ModelFolder Open(Action<string, float[]>? change = null) => ModelFolder.Open(Write(change));

    public string Write(Action<string, float[]>? change = null, int? contextLength = null, int? headDim = null)
    {
        var config = Config with { ContextLength = contextLength ?? Config.ContextLength, HeadDim = headDim ?? Config.HeadDim };
        var folder = Path.Combine(root, Guid.NewGuid().ToString("n"));
        var random = new Random(7);
        var weights = WeightNames.All(config).Select(weight =>
        {
            var length = weight.Shape.Aggregate(1L, (product, size) => product * size);
            var isNorm = weight.Shape.Length == 1;
            var scale = 1.5 / Math.Sqrt(weight.Shape[^1]);
            var values = Enumerable.Range(0, (int)length).Select(_ => isNorm ? 1f : (float)(scale * Normal(random))).ToArray();
            change?.Invoke(weight.Name, values);
            return (weight.Name, DType.F32, weight.Shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }).ToList();
        ModelFolderWriter.Write(folder, config, Tokenizer, weights);
        return folder;
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
