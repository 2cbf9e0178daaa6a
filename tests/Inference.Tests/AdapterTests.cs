using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Runners;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>Low-rank adapters by request, several in one engine.</summary>
public sealed class AdapterTests(TinyModel model) : IClassFixture<TinyModel>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task An_adapter_by_request_says_what_the_merged_model_says()
    {
        using var plain = ModelFolder.Open(model.Write());
        var adapter = LoraAdapter.Read(Write(plain, seed: 1), plain.Config);
        using var merged = ModelFolder.Open(model.Write((name, weight) => TinyAdapter.Merge(name, weight, plain.Config, seed: 1)));
        var request = EngineRuns.Request(EngineRuns.Prompt(50, 2), 20, seed: 3) with { PromptLogProbs = true };

        var byRequest = await PromptAsync(plain, request with { Adapter = adapter });
        var byMerging = await PromptAsync(merged, request);
        var without = await PromptAsync(plain, request);

        Assert.All(byRequest.Zip(byMerging), pair => Assert.InRange(pair.First - pair.Second, -1e-3, 1e-3));
        Assert.Contains(byRequest.Zip(without), pair => Math.Abs(pair.First - pair.Second) > 0.05);
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public async Task A_sequence_has_the_same_bits_alone_and_beside_those_of_other_adapters()
    {
        using var plain = ModelFolder.Open(model.Write());
        LoraAdapter?[] adapters = [null, LoraAdapter.Read(Write(plain, seed: 1), plain.Config), LoraAdapter.Read(Write(plain, seed: 2), plain.Config)];
        var requests = Enumerable.Range(0, 18).Select(i => EngineRuns.Request(EngineRuns.Prompt(1 + (i / 3 * 17), i / 3), 3 + i, (ulong)i) with { Adapter = adapters[i % 3] }).ToList();
        var alone = new List<List<int>>();
        foreach (var request in requests)
        {
            await using var engine = InferenceEngine.Start(plain, new() { MaxAdapterRank = TinyAdapter.Rank }, TimeProvider.System);
            alone.Add(EngineRuns.Bits(await engine.Submit(request).ReadAsync().WithinAsync()));
        }

        foreach (var options in new EngineOptions[] { new() { MaxAdapterRank = 16 }, new() { MaxAdapterRank = TinyAdapter.Rank, StepTokens = 7, MaxRunningSequences = 5, Threads = 1 } })
        {
            await using var engine = InferenceEngine.Start(plain, options, TimeProvider.System);
            for (var round = 0; round < 2; round++)
            {
                // The second round finds its prefixes: those of its own adapter.
                var running = requests.Select(request => engine.Submit(request).ReadAsync()).ToList();
                for (var i = 0; i < running.Count; i++)
                {
                    Assert.Equal(alone[i], EngineRuns.Bits(await running[i].WithinAsync()));
                }
            }
        }
    }

    [Fact]
    public async Task What_does_not_fit_is_refused()
    {
        using var plain = ModelFolder.Open(model.Write());
        var path = Write(plain, seed: 1);
        var adapter = LoraAdapter.Read(path, plain.Config);
        await using var engine = InferenceEngine.Start(plain, new(), TimeProvider.System);
        var e = Assert.Throws<InferenceException>(() => engine.Submit(EngineRuns.Request([5], 1, seed: 1) with { Adapter = adapter }));
        Assert.Equal(("adapter_too_large", "The adapter has rank 4; this engine takes no adapters."), (e.Code, e.Message));

        Assert.Contains("belongs to another model", Assert.Throws<InvalidModelException>(() => LoraAdapter.Read(path, plain.Config with { IntermediateSize = 96 })).Message, StringComparison.Ordinal);
        Assert.Contains("belongs to no linear map", Assert.Throws<InvalidModelException>(() => LoraAdapter.Read(path, plain.Config with { LayerCount = 1 })).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(path, PeftConfig.FileName));
        Assert.Contains("does not exist", Assert.Throws<InvalidModelException>(() => LoraAdapter.Read(path, plain.Config)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static async Task<float[]> PromptAsync(ModelFolder source, GenerationRequest request)
    {
        await using var engine = InferenceEngine.Start(source, new() { MaxAdapterRank = TinyAdapter.Rank }, TimeProvider.System);
        var generation = engine.Submit(request with { MaxNewTokens = 0 });
        await generation.ReadAsync().WithinAsync();
        return [.. generation.PromptTokens.Skip(1).Select(token => token.LogProb)];
    }

    private string Write(ModelFolder plain, int seed)
    {
        var path = Directory.CreateDirectory(Path.Combine(folder.Path, $"{seed}-{Guid.NewGuid():n}")).FullName;
        TinyAdapter.Write(path, plain.Config, seed);
        return path;
    }
}
