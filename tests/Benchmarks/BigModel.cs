using System.Diagnostics;
using InternPlatform.Inference.Engine;
using InternPlatform.Models;

namespace InternPlatform.Benchmarks;

/// <summary>A model of 1.1 billion random weights (TinyLlama's shape), written as GGUF, and how fast an engine reads and writes with it.</summary>
internal sealed class BigModel : IModelSource
{
    public ModelConfig Config { get; } = new()
    {
        VocabularySize = 32_064,
        HiddenSize = 2048,
        IntermediateSize = 5632,
        LayerCount = 22,
        HeadCount = 32,
        KvHeadCount = 4,
        HeadDim = 64,
        ContextLength = 2048,
        RmsNormEpsilon = 1e-5f,
        TorchDtype = "bfloat16",
    };

    public string Path => "random";

    /// <summary>What files are written as, by the names that figures carry: all matrices of one type, or Q4_K with the matrices in Q6_K that llama.cpp's Q4_K_M has so.</summary>
    public static string Write(string folder, string name)
    {
        var path = System.IO.Path.Join(folder, $"{name}.gguf");
        using var model = new BigModel();
        ModelConverter.WriteGguf(path, model, weight => name switch
        {
            "q4" => GgufType.Q40,
            "q8" => GgufType.Q80,
            "bf16" => GgufType.BF16,
            _ => model.TakesMoreBits(weight) ? GgufType.Q6K : GgufType.Q4K,
        });
        return path;
    }

    private bool TakesMoreBits(string weight)
    {
        var (all, eighth) = (Config.LayerCount, Config.LayerCount / 8);
        var layer = Enumerable.Range(0, all).FirstOrDefault(index => WeightNames.Layer(index) is var names && (weight == names.VProj || weight == names.DownProj), -1);
        return weight == WeightNames.LmHead || (layer >= 0 && (layer < eighth || layer >= all - eighth || (layer - eighth) % 3 == 2));
    }

    /// <summary>Uniform with the deviation 1/√K, by a generator that is fast enough for a billion.</summary>
    public float[] ReadFloats(string weightName)
    {
        var shape = WeightNames.All(Config).First(weight => weight.Name == weightName).Shape;
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        var (state, scale) = ((ulong)weightName.GetHashCode(StringComparison.Ordinal) | 1, (float)Math.Sqrt(12.0 / shape[^1]));
        for (var i = 0; i < values.Length; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            values[i] = shape.Length == 1 ? 1 : scale * (((state >> 40) * (1f / (1 << 24))) - 0.5f);
        }

        return values;
    }

    public void Dispose()
    {
    }

    public static (InferenceEngine Engine, double Seconds) Start(string path, int threads, int contextLength = 1024, int sequences = 16)
    {
        var clock = Stopwatch.StartNew();
        using var source = GgufModel.Open(path);
        var engine = InferenceEngine.Start(source, source.Config.VocabularySize, new() { Threads = threads, ContextLength = contextLength, MaxRunningSequences = sequences, StepTokens = 512, MaxCacheBytes = 1L << 30, GuessedTokens = 0 }, TimeProvider.System);
        return (engine, clock.Elapsed.TotalSeconds);
    }

    /// <summary>Tokens a second of some sequences at once, from the first token of the last on.</summary>
    public static async Task<double> DecodeSpeedAsync(InferenceEngine engine, int sequences, int promptTokens, int newTokens)
    {
        var running = Enumerable.Range(0, sequences).Select(i => Submit(engine, promptTokens, newTokens, i)).ToList();
        foreach (var generation in running)
        {
            await generation.Tokens.WaitToReadAsync();
        }

        var (clock, begun) = (Stopwatch.StartNew(), running.Sum(generation => generation.GeneratedTokens));
        foreach (var generation in running)
        {
            await foreach (var _ in generation.Tokens.ReadAllAsync())
            {
                // Read to the end: the figure is the engine's, not the reader's.
            }
        }

        return (running.Sum(generation => generation.GeneratedTokens) - begun) / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Tokens a second of a prompt up to its first token.</summary>
    public static async Task<double> PrefillSpeedAsync(InferenceEngine engine, int promptTokens)
    {
        var clock = Stopwatch.StartNew();
        await Submit(engine, promptTokens, 1, 0).Tokens.WaitToReadAsync();
        return promptTokens / clock.Elapsed.TotalSeconds;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static Generation Submit(InferenceEngine engine, int promptTokens, int newTokens, int number) => engine.Submit(new()
    {
        Prompt = [.. Enumerable.Range(3 + number, promptTokens)],
        CacheSalt = $"{Guid.NewGuid()}",
        MaxNewTokens = newTokens,
        Sampling = new() { Temperature = 0 },
    });
}
