using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>Keys and values in fewer bits.</summary>
public sealed class CacheFormatTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Theory]
    [InlineData(KvFormat.Bits16, 0.001)]
    [InlineData(KvFormat.Bits8, 0.01)]
    public async Task A_published_model_loses_next_to_nothing(KvFormat format, double most)
    {
        using var source = ModelConverter.Open(SharedData.Need("models/stories260K/stories260K.bin"));
        var tokens = new List<int> { 1 };
        await using (var engine = InferenceEngine.Start(source, source.Config.VocabularySize, new(), TimeProvider.System))
        {
            tokens.AddRange((await engine.Submit(EngineRuns.Request([1], 400, seed: 1) with { TopLogProbs = 0 }).ReadAsync().WithinAsync()).Select(token => token.Token));
        }

        var (whole, few) = (await PerplexityAsync(source, [.. tokens], KvFormat.Bits32), await PerplexityAsync(source, [.. tokens], format));
        TestContext.Current.SendDiagnosticMessage($"{format}: perplexity {few:F4} beside {whole:F4}");
        Assert.InRange(few / whole, 1 - most, 1 + most);
        Assert.NotEqual(whole, few);
    }

    [Theory]
    [InlineData(KvFormat.Bits16)]
    [InlineData(KvFormat.Bits8)]
    [InlineData(KvFormat.Bits4)]
    public async Task A_preempted_sequence_and_one_that_finds_its_prefix_have_the_bits_of_one_alone(KvFormat format)
    {
        using var folder = ModelFolder.Open(model.Write(headDim: 32));
        var requests = Enumerable.Range(0, 12).Select(i => EngineRuns.Request(EngineRuns.Prompt(70, 3)[..(20 + (i * 4))], 30, (ulong)i)).ToList();
        var alone = new List<List<int>>();
        foreach (var request in requests)
        {
            await using var engine = InferenceEngine.Start(folder, new() { CacheFormat = format }, TimeProvider.System);
            alone.Add(EngineRuns.Bits(await engine.Submit(request).ReadAsync().WithinAsync()));
        }

        await using var crowded = InferenceEngine.Start(folder, new() { CacheFormat = format, MaxCacheBytes = 0, StepTokens = 16 }, TimeProvider.System);
        for (var round = 0; round < 2; round++)
        {
            var running = requests.Select(request => crowded.Submit(request)).ToList();
            for (var i = 0; i < running.Count; i++)
            {
                Assert.Equal(alone[i], EngineRuns.Bits(await running[i].ReadAsync().WithinAsync()));
            }
        }
    }

    [Fact]
    public void Fewer_bits_hold_as_many_more_tokens_as_they_are_smaller()
    {
        var config = TinyModel.Config with { HeadDim = 128, ContextLength = 8192 };
        var plans = Enum.GetValues<KvFormat>().Select(format => MemoryPlan.Of(config, new() { CacheFormat = format, MaxCacheBytes = 64 << 20 })).ToList();
        Assert.Equal([1, 2, 3.76, 7.11], plans.Select(plan => Math.Round(plan.Blocks / (double)plans[0].Blocks, 2)));
        Assert.All(plans, plan => Assert.InRange(plan.BlockBytes * plan.Blocks, 63 << 20, 64 << 20));
    }

    [Fact]
    public void Heads_that_do_not_fit_are_refused_before_anything_is_allocated()
    {
        var e = Assert.Throws<InvalidModelException>(() => MemoryPlan.Of(TinyModel.Config, new() { CacheFormat = KvFormat.Bits4 }));
        Assert.Contains("multiple of 32 dimensions; these have 8", e.Message, StringComparison.Ordinal);
    }

    private static async Task<double> PerplexityAsync(IModelSource source, int[] tokens, KvFormat format)
    {
        await using var engine = InferenceEngine.Start(source, source.Config.VocabularySize, new() { CacheFormat = format }, TimeProvider.System);
        return (await PerplexityMeter.MeasureAsync(engine, [tokens], _ => { }, TestContext.Current.CancellationToken)).Perplexity;
    }
}
