using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;

namespace InternPlatform.Benchmarks;

/// <summary>Decode speed and bytes of random models as f32, bf16, 8 and 4 bits: one process, formats in turn, medians. One engine thread.</summary>
internal static class Quantized
{
    private const int Rounds = 5;
    private const int PromptTokens = 8;
    private const int NewTokens = 120;
    private const int Batch = 8;

    public static async Task RunAsync()
    {
        using var data = new TemporaryFolder();
        var line = new List<string>();
        foreach (var (name, config) in Shapes())
        {
            var formats = Write(Path.Join(data.Path, name), config);
            Console.WriteLine($"{name}: {config.ParameterCount() / 1e6:F1} M parameters, width {config.HiddenSize}, {config.LayerCount} layers");
            Console.WriteLine("  format   file MB  in memory MB  tokens/s  tokens/s of 8 sequences");
            var measured = await MeasureAsync(formats);
            foreach (var (format, figure) in measured)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {format,-8} {figure.FileBytes / 1e6,7:F1} {figure.MemoryBytes / 1e6,13:F1} {figure.One,9:F0} {figure.Eight,12:F0}"));
                line.Add(string.Create(CultureInfo.InvariantCulture, $"{name}_{format}_tps={figure.One:F0} {name}_{format}_mb={figure.FileBytes / 1e6:F1}"));
            }
#if PEERS
            foreach (var (format, figure) in Peers(Path.Join(data.Path, name), formats))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {format,-8} {figure.Megabytes,7:F1}               {figure.Speed,9:F0}   llama.cpp, one thread"));
                line.Add(string.Create(CultureInfo.InvariantCulture, $"{name}_{format}_llamacpp_tps={figure.Speed:F0}"));
            }
#endif
        }

        Console.WriteLine($"quantized: {string.Join(' ', line)}");
    }

    private static IEnumerable<(string Name, ModelConfig Config)> Shapes()
    {
        var tour = TinyModel.Config with { VocabularySize = 2048, HiddenSize = 128, IntermediateSize = 352, LayerCount = 4, HeadCount = 4, KvHeadCount = 2, HeadDim = 32, ContextLength = 256 };
        yield return ("d128", tour);
        yield return ("d1024", tour with { VocabularySize = 8192, HiddenSize = 1024, IntermediateSize = 2816, LayerCount = 8, HeadCount = 16, KvHeadCount = 8, HeadDim = 64 });
    }

    private static List<(string Format, string Folder)> Write(string folder, ModelConfig config)
    {
        var random = new Random(1);
        var weights = WeightNames.All(config).Select(weight => (weight.Name, weight.Shape, Values: Values(random, weight.Shape))).ToList();
        Write($"{folder}-f32", config with { TorchDtype = "float32" }, [.. weights.Select(weight => (weight.Name, DType.F32, weight.Shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes<float>(weight.Values).ToArray()))]);
        Write($"{folder}-bf16", config with { TorchDtype = "bfloat16" }, [.. weights.Select(weight => (weight.Name, DType.BF16, weight.Shape, Narrow(weight.Values)))]);
        using var source = ModelFolder.Open($"{folder}-bf16");
        foreach (var (format, quantization) in new[] { ("int8", QuantizationConfig.EightBits()), ("int4", QuantizationConfig.FourBits(32)) })
        {
            Write($"{folder}-{format}", source.Config with { Quantization = quantization }, RoundToNearest.Quantize(source, quantization, (_, _) => { }, CancellationToken.None));
        }

        return [.. new[] { "f32", "bf16", "int8", "int4" }.Select(format => (format, $"{folder}-{format}"))];
    }

    private static void Write(string folder, ModelConfig config, IReadOnlyList<(string, DType, long[], ReadOnlyMemory<byte>)> weights) =>
        ModelFolderWriter.Write(folder, config, TinyModel.Tokenizer, weights);

    private static float[] Values(Random random, long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        var scale = 2 / Math.Sqrt(shape[^1]);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = shape.Length == 1 ? 1 : (float)(scale * (random.NextDouble() - 0.5));
        }

        return values;
    }

    private static ReadOnlyMemory<byte> Narrow(float[] values)
    {
        var bits = new ushort[values.Length];
        FloatConversion.ToBFloat16(values, bits);
        return MemoryMarshal.AsBytes<ushort>(bits).ToArray();
    }

    private static async Task<List<(string Format, Figure Figure)>> MeasureAsync(List<(string Format, string Folder)> formats)
    {
        var engines = new List<(string Format, long FileBytes, InferenceEngine Engine)>();
        foreach (var (format, folder) in formats)
        {
            using var model = ModelFolder.Open(folder);
            engines.Add((format, model.WeightBytes, InferenceEngine.Start(model, new() { MaxCacheBytes = 64L << 20 }, TimeProvider.System)));
        }

        var one = engines.ToDictionary(engine => engine.Format, _ => new List<double>());
        var eight = engines.ToDictionary(engine => engine.Format, _ => new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var (format, _, engine) in engines)
            {
                var (single, several) = (await SpeedAsync(engine, 1, round), await SpeedAsync(engine, Batch, round));
                if (round > 0)
                {
                    one[format].Add(single);
                    eight[format].Add(several);
                }
            }
        }

        var figures = engines.ConvertAll(engine => (engine.Format, new Figure(engine.FileBytes, engine.Engine.Plan.WeightBytes, Median(one[engine.Format]), Median(eight[engine.Format]))));
        foreach (var (_, _, engine) in engines)
        {
            await engine.DisposeAsync();
        }

        return figures;
    }

    /// <summary>Tokens a second of decoding: the clock starts with the first token of the last sequence.</summary>
    private static async Task<double> SpeedAsync(InferenceEngine engine, int sequences, int round)
    {
        var running = Enumerable.Range(0, sequences).Select(i => engine.Submit(new()
        {
            Prompt = [.. Enumerable.Range(3, PromptTokens).Select(token => token + i)],
            CacheSalt = $"{round}-{sequences}",
            MaxNewTokens = NewTokens,
            Sampling = new() { Temperature = 0 },
        })).ToList();
        foreach (var generation in running)
        {
            await generation.Tokens.WaitToReadAsync();
        }

        var clock = Stopwatch.StartNew();
        var begun = running.Sum(generation => generation.GeneratedTokens);
        foreach (var generation in running)
        {
            await foreach (var _ in generation.Tokens.ReadAllAsync())
            {
                // Read to the end: the figure is the engine's, not the reader's.
            }
        }

        return ((sequences * NewTokens) - begun) / clock.Elapsed.TotalSeconds;
    }

#if PEERS
    private static IEnumerable<(string Format, (double Megabytes, double Speed) Figure)> Peers(string folder, List<(string Format, string Folder)> formats)
    {
        using var source = ModelFolder.Open(formats[0].Folder);
        foreach (var (format, _) in formats)
        {
            var path = $"{folder}-{format}.gguf";
            ModelConverter.WriteGguf(path, source, GgufOf(format));
            using var peer = new LlamaCpp(path, threads: 1);
            var speeds = Enumerable.Range(0, Rounds + 1).Select(_ => peer.DecodeSpeed(PromptTokens, NewTokens)).Skip(1).ToList();
            yield return (format, (new FileInfo(path).Length / 1e6, Median(speeds)));
        }
    }
#endif

#if PEERS
    private static GgufType GgufOf(string format) => format switch
    {
        "f32" => GgufType.F32,
        "bf16" => GgufType.BF16,
        "int8" => GgufType.Q80,
        _ => GgufType.Q40,
    };
#endif

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed record Figure(long FileBytes, long MemoryBytes, double One, double Eight);
}
