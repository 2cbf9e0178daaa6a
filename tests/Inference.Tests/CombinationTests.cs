using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>N1: whatever else an engine does, and however it is set, a sequence's tokens and the log-probabilities of its whole vocabulary are the same bits.</summary>
public sealed class CombinationTests(TinyModel model, ITestOutputHelper output) : IClassFixture<TinyModel>
{
    private const int PerEngine = 20;

    [Fact]
    [Trait("Category", "Determinism")]
    [Trait("Goal", "N1")]
    public Task Two_thousand_combinations() => RunAsync(2_000, seed: 1);

    [Fact(Explicit = true)]
    [Trait("Category", "Determinism")]
    [Trait("Category", "Nightly")]
    [Trait("Goal", "N1")]
    public Task Twenty_thousand_combinations() => RunAsync(20_000, seed: 2);

    private async Task RunAsync(int combinations, int seed)
    {
        var random = new Random(seed);
        var (floats, fours, eights) = (model.Write(), model.Quantize(4), model.Quantize(8));
        var kinds = new (string Path, KvFormat Cache)[]
        {
            (floats, KvFormat.Bits32), (fours, KvFormat.Bits32), (eights, KvFormat.Bits16), (eights, KvFormat.Bits8), (model.Write(headDim: 32), KvFormat.Bits4),
            (model.Write(DraftModelTests.Sharpen), KvFormat.Bits32),
        };
        using var draft = model.Open(DraftModelTests.Sharpen);
        var requests = Enumerable.Range(0, 40).Select(i => Request(i, new Random(i))).ToList();
        var alone = new List<List<List<int>>>();
        foreach (var (path, cache) in kinds)
        {
            using var folder = ModelFolder.Open(path);
            var bits = new List<List<int>>();
            foreach (var request in requests)
            {
                await using var engine = InferenceEngine.Start(folder, new() { Threads = 1, GuessedTokens = 0, CacheFormat = cache }, TimeProvider.System);
                bits.Add(EngineRuns.Bits(await engine.Submit(request).ReadAsync().WithinAsync()));
            }

            alone.Add(bits);
        }

        var compared = 0;
        while (compared < combinations)
        {
            var which = random.Next(kinds.Length);
            var options = Options(random) with { CacheFormat = kinds[which].Cache };
            using var folder = ModelFolder.Open(kinds[which].Path);
            await using var engine = InferenceEngine.Start(folder, folder.Tokenizer.VocabularySize, options, TimeProvider.System, random.Next(2) == 0 ? draft : null);
            var running = Enumerable.Range(0, PerEngine).Select(_ => random.Next(requests.Count))
                .Select(i => (Index: i, Tokens: engine.Submit(requests[i] with { CacheSalt = $"{random.Next(3)}", Priority = random.Next(3) }).ReadAsync())).ToList();
            foreach (var (index, tokens) in running)
            {
                var bits = EngineRuns.Bits(await tokens.WithinAsync(120));
                Assert.True(alone[which][index].SequenceEqual(bits), $"request {index} of model {which} with {options}, seed {seed}, after {compared}");
                compared++;
            }
        }

        output.WriteLine($"combinations={compared} different=0");
    }

    private static GenerationRequest Request(int number, Random random) => EngineRuns.Request(EngineRuns.Prompt(random.Next(1, 100), number % 12), random.Next(1, 25), (ulong)number) with
    {
        Sampling = new()
        {
            Seed = (ulong)number,
            Temperature = number % 3 == 0 ? 0 : 0.5f + (float)random.NextDouble(),
            TopK = number % 5 == 0 ? 20 : 0,
            TopP = number % 4 == 0 ? 0.9f : 1,
            RepetitionPenalty = number % 7 == 0 ? 1.2f : 1,
        },
    };

    private static EngineOptions Options(Random random) => new()
    {
        Threads = random.Next(1, 4),
        StepTokens = random.Next(3, 128),
        MaxRunningSequences = random.Next(1, 24),
        LogitRows = random.Next(1, 17),
        GuessedTokens = random.Next(0, 8),
        MaxCacheBytes = random.Next(2) == 0 ? 0 : 64L << 20,
    };
}
