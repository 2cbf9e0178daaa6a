using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tensors;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class QuantizedEngineTests(TinyModel model) : IClassFixture<TinyModel>
{
    // The same values in another order of rounding: per product K · 2⁻²⁴ of f32, over two layers and a vocabulary of a few hundred.
    private const double Tolerance = 0.05;

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Log_probabilities_equal_those_of_the_same_values_as_floats(int bits)
    {
        var quantized = model.Quantize(bits);
        var prompt = EngineRuns.Prompt(90, seed: 1);
        var few = await ReadAsync(quantized, prompt);
        var wide = await ReadAsync(QuantizedModels.Dequantize(quantized), prompt);
        var original = await ReadAsync(model.Write(), prompt);

        Assert.Equal(wide.Length, few.Length);
        // Activations have 8 bits beside weights of few bits, and all their bits beside floats.
        var difference = Math.Sqrt(few.Zip(wide).Average(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.True(difference < Tolerance, $"{difference:F4} nats, root mean square");
        Assert.NotEqual(original, few);
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_sequence_gives_the_same_bits_alone_and_in_any_batch(int bits)
    {
        using var folder = ModelFolder.Open(model.Quantize(bits));
        var requests = Enumerable.Range(0, 12).Select(i => EngineRuns.Request(EngineRuns.Prompt(1 + (i * 37 % 90), i), 3 + i, (ulong)i)).ToList();
        var alone = new List<List<int>>();
        await using (var engine = InferenceEngine.Start(folder, new(), TimeProvider.System))
        {
            foreach (var request in requests)
            {
                alone.Add(EngineRuns.Bits(await engine.Submit(request with { CacheSalt = $"{request.Sampling.Seed}" }).ReadAsync().WithinAsync()));
            }
        }

        foreach (var options in new EngineOptions[] { new(), new() { StepTokens = 7, MaxRunningSequences = 5, LogitRows = 3 } })
        {
            await using var engine = InferenceEngine.Start(folder, options, TimeProvider.System);
            var running = requests.Select(request => engine.Submit(request).ReadAsync()).ToList();
            for (var i = 0; i < running.Count; i++)
            {
                Assert.Equal(alone[i], EngineRuns.Bits(await running[i].WithinAsync()));
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Decoding_allocates_next_to_nothing(int bits)
    {
        using var folder = ModelFolder.Open(model.Quantize(bits));
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var request = EngineRuns.Request([5], 150, 1) with { LogProbs = false, TopLogProbs = 0 };
        await engine.Submit(request).ReadAsync().WithinAsync();
        var before = engine.AllocatedBytes;
        var tokens = await engine.Submit(request).ReadAsync().WithinAsync();
        var bytes = engine.AllocatedBytes - before;

        Assert.True(bytes / tokens.Count < 200, $"{bytes / tokens.Count} bytes a token");
    }

    [Theory]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public async Task Floats_of_two_bytes_are_kept_so_and_give_the_bits_of_the_same_values_in_four(DType type)
    {
        var path = Write(type);
        using var narrow = ModelFolder.Open(path);
        var wide = new QuantizedModels.WideModel(narrow);
        var bits = new List<List<int>>();
        foreach (var source in new IModelSource[] { narrow, wide })
        {
            await using var engine = InferenceEngine.Start(source, TinyModel.Config.VocabularySize, new(), TimeProvider.System);
            bits.Add(EngineRuns.Bits(await engine.Submit(EngineRuns.Request(EngineRuns.Prompt(50, seed: 1), 20, 1)).ReadAsync().WithinAsync()));
        }

        Assert.Equal(bits[1], bits[0]);
        Assert.Equal(MemoryPlan.Of(wide, new()).WeightBytes, 2 * MemoryPlan.Of(narrow, new()).WeightBytes);
    }

    [Fact]
    public void A_half_that_is_no_number_is_refused_by_name()
    {
        var path = Write(DType.F16, (name, values) => values[5] = name == WeightNames.Layer(1).OProj ? float.PositiveInfinity : values[5]);
        using var folder = ModelFolder.Open(path);
        var e = Assert.Throws<InvalidModelException>(() => InferenceEngine.Start(folder, new(), TimeProvider.System));
        Assert.Contains(WeightNames.Layer(1).OProj, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_bits_are_planned_as_few_bytes()
    {
        var config = TinyModel.Config with { HiddenSize = 1024, HeadDim = 256, IntermediateSize = 2816, LayerCount = 8 };
        var wide = MemoryPlan.Of(config, new()).WeightBytes;
        var eight = MemoryPlan.Of(config with { Quantization = QuantizationConfig.EightBits() }, new()).WeightBytes;
        var four = MemoryPlan.Of(config with { Quantization = QuantizationConfig.FourBits(32) }, new()).WeightBytes;

        Assert.InRange((double)eight / wide, 0.25, 0.27);
        Assert.InRange((double)four / wide, 0.15, 0.16);
    }

    [Fact]
    public async Task Perplexity_is_that_of_the_log_probabilities_of_scored_tokens()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var sample = EngineRuns.Prompt(30, seed: 3);
        var echo = engine.Submit(EngineRuns.Request(sample, 0, 0) with { PromptLogProbs = true });
        await echo.ReadAsync().WithinAsync();
        int[] signed = [.. sample.Select((token, i) => i is 4 or 5 or 6 ? -token : token)];

        var figure = await PerplexityMeter.MeasureAsync(engine, [signed, signed, [9]], _ => { }, CancellationToken.None).WithinAsync();

        var expected = echo.PromptTokens.Where((_, i) => i is > 0 and not (4 or 5 or 6)).Sum(token => -(double)token.LogProb);
        Assert.Equal(2 * 26, figure.Tokens);
        Assert.Equal(2 * expected, figure.LogLoss, 1e-9);
        Assert.Equal(Math.Exp(expected / 26), figure.Perplexity, 1e-9);
    }

    [Fact]
    public async Task Samples_longer_than_the_context_are_measured_in_pieces()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new() { ContextLength = 16 }, TimeProvider.System);
        var figure = await PerplexityMeter.MeasureAsync(engine, [EngineRuns.Prompt(50, seed: 4)], _ => { }, CancellationToken.None).WithinAsync();

        Assert.Equal(50 - 4, figure.Tokens);
        Assert.True(double.IsFinite(figure.Perplexity));
    }

    private string Write(DType type, Action<string, float[]>? change = null)
    {
        using var original = model.Open(change);
        var path = $"{original.Path}-{type}";
        ModelConverter.WriteFolder(path, original, original.Tokenizer, type);
        return path;
    }

    private static async Task<float[]> ReadAsync(string path, int[] prompt)
    {
        using var folder = ModelFolder.Open(path);
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var echo = engine.Submit(EngineRuns.Request(prompt, 0, 0) with { PromptLogProbs = true });
        await echo.ReadAsync().WithinAsync();
        return [.. echo.PromptTokens.Skip(1).SelectMany(token => token.Top!.OrderBy(top => top.Token).Select(top => top.LogProb))];
    }
}
