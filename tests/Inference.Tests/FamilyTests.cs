using System.Runtime.InteropServices;
using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>What families of models add to a plain LLaMA, against a decoder in double.</summary>
public sealed class FamilyTests : IDisposable
{
    private const int Trained = 32;
    private readonly string root = Directory.CreateTempSubdirectory("intern-families-").FullName;

    public static TheoryData<string> Families => [.. Configurations.Keys];

    private static Dictionary<string, ModelConfig> Configurations { get; } = new()
    {
        ["llama"] = TinyModel.Config,
        ["qwen2: biases of queries, keys and values"] = TinyModel.Config with { ModelType = "qwen2", QkvBias = true, TieWordEmbeddings = true },
        ["qwen3: norms of queries and keys, wide heads"] = TinyModel.Config with { ModelType = "qwen3", QkNorm = true, HeadDim = 16 },
        ["internlm: biases of the attention"] = TinyModel.Config with { ModelType = "internlm", QkvBias = true, OutputBias = true, KvHeadCount = 4 },
        ["internlm3: biases everywhere"] = TinyModel.Config with { ModelType = "internlm3", QkvBias = true, OutputBias = true, MlpBias = true },
        ["linear"] = Scaled(new() { Kind = RopeScalingKind.Linear, Factor = 4 }),
        ["dynamic"] = Scaled(new() { Kind = RopeScalingKind.Dynamic, Factor = 2, OriginalContextLength = Trained }),
        ["llama3"] = Scaled(new() { Kind = RopeScalingKind.Llama3, Factor = 4, OriginalContextLength = Trained, LowFrequencyFactor = 1, HighFrequencyFactor = 4 }),
        ["yarn"] = Scaled(new() { Kind = RopeScalingKind.Yarn, Factor = 4, OriginalContextLength = Trained, BetaFast = 8, BetaSlow = 1 }),
    };

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_family_computes_what_its_definition_says(string family)
    {
        var config = Configurations[family];
        var random = new Random(3);
        ModelFolderWriter.Write(root, config, TinyModel.Tokenizer, [.. WeightNames.All(config).Select(weight => (weight.Name, DType.F32, weight.Shape, Bytes(random, weight.Shape)))]);
        using var folder = ModelFolder.Open(root);
        Assert.Equal(config.RopeScaling, folder.Config.RopeScaling);
        var prompt = EngineRuns.Prompt(50, seed: 1);
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var echo = engine.Submit(EngineRuns.Request(prompt, 0, 0) with { PromptLogProbs = true });
        await echo.ReadAsync().WithinAsync();

        var (frequencies, amplitude) = Turns(folder.Config);
        var expected = new ReferenceDecoder(folder, (position, pair) => position * frequencies[pair], amplitude).NextLogProbs(prompt);
        var actual = echo.PromptTokens.Skip(1).Select(token => (double)token.LogProb).ToArray();
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static ModelConfig Scaled(RopeScaling scaling) => TinyModel.Config with { RopeScaling = scaling, HeadDim = 16 };

    /// <summary>The formulas themselves are held by RopeFrequenciesTests.</summary>
    private static (double[] Frequencies, double Amplitude) Turns(ModelConfig config) => config.RopeScaling?.Kind switch
    {
        RopeScalingKind.Linear => (RopeFrequencies.Linear(config.RopeTheta, config.HeadDim, 4), 1),
        RopeScalingKind.Dynamic => (RopeFrequencies.DynamicNtk(config.RopeTheta, config.HeadDim, 2, Trained, config.ContextLength), 1),
        RopeScalingKind.Llama3 => (RopeFrequencies.Llama3(config.RopeTheta, config.HeadDim, 4, 1, 4, Trained), 1),
        RopeScalingKind.Yarn => (RopeFrequencies.Yarn(config.RopeTheta, config.HeadDim, 4, 8, 1, Trained), RopeFrequencies.YarnAttention(4)),
        _ => (RopeFrequencies.Plain(config.RopeTheta, config.HeadDim), 1),
    };

    private static ReadOnlyMemory<byte> Bytes(Random random, long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = shape.Length == 1 ? (float)(0.5 + random.NextDouble()) : (float)(3 * (random.NextDouble() - 0.5) / Math.Sqrt(shape[^1]));
        }

        return MemoryMarshal.AsBytes<float>(values).ToArray();
    }
}
