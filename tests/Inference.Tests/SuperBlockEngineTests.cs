using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>GGUF files in Q4_K with matrices in Q6_K, which are multiplied as they are stored.</summary>
public sealed class SuperBlockEngineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    public async Task Log_probabilities_equal_those_of_the_same_values_as_floats(string modelType)
    {
        using var model = GgufModel.Open(QuantizedModels.WriteSuperBlocks(folder.Path, modelType));
        Assert.Equal(new WeightEncoding(6, 16, HasZeros: false, IsSuperBlocks: true), model.EncodingOf(WeightNames.Layer(0).VProj));
        Assert.Equal(new WeightEncoding(4, 32, HasZeros: false, IsSuperBlocks: true), model.EncodingOf(WeightNames.Layer(0).QProj));
        var prompt = EngineRuns.Prompt(90, seed: 1);
        var few = await ReadAsync(model, prompt);
        var wide = await ReadAsync(new QuantizedModels.WideModel(model), prompt);

        var difference = Math.Sqrt(few.Zip(wide).Average(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.Equal(wide.Length, few.Length);
        Assert.True(difference is > 0 and < 0.05, $"{difference:F4} nats, root mean square");
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public async Task A_sequence_gives_the_same_bits_alone_in_any_batch_and_on_two_threads()
    {
        using var model = GgufModel.Open(QuantizedModels.WriteSuperBlocks(folder.Path, "llama"));
        var requests = Enumerable.Range(0, 12).Select(i => EngineRuns.Request(EngineRuns.Prompt(1 + (i * 37 % 90), i), 3 + i, (ulong)i)).ToList();
        var alone = new List<List<int>>();
        await using (var engine = Start(model, new() { Threads = 1 }))
        {
            foreach (var request in requests)
            {
                alone.Add(EngineRuns.Bits(await engine.Submit(request with { CacheSalt = $"{request.Sampling.Seed}" }).ReadAsync().WithinAsync()));
            }
        }

        foreach (var options in new EngineOptions[] { new() { Threads = 2 }, new() { StepTokens = 7, MaxRunningSequences = 5, LogitRows = 3, Threads = 2 } })
        {
            await using var engine = Start(model, options);
            var running = requests.Select(request => engine.Submit(request).ReadAsync()).ToList();
            for (var i = 0; i < running.Count; i++)
            {
                Assert.Equal(alone[i], EngineRuns.Bits(await running[i].WithinAsync()));
            }
        }
    }

    [Fact]
    public void They_are_planned_as_they_are_stored()
    {
        using var model = GgufModel.Open(QuantizedModels.WriteSuperBlocks(folder.Path, "llama"));
        var wide = MemoryPlan.Of(new QuantizedModels.WideModel(model), new()).WeightBytes;

        Assert.InRange((double)MemoryPlan.Of(model, new()).WeightBytes / wide, 0.16, 0.18);
    }

    private static InferenceEngine Start(IModelSource model, EngineOptions options) => InferenceEngine.Start(model, model.Config.VocabularySize, options, TimeProvider.System);

    private static async Task<float[]> ReadAsync(IModelSource model, int[] prompt)
    {
        await using var engine = Start(model, new());
        var echo = engine.Submit(EngineRuns.Request(prompt, 0, 0) with { PromptLogProbs = true });
        await echo.ReadAsync().WithinAsync();
        return [.. echo.PromptTokens.Skip(1).SelectMany(token => token.Top!.OrderBy(top => top.Token).Select(top => top.LogProb))];
    }
}
