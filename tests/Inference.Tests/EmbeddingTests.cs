using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class EmbeddingTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    public async Task It_is_what_the_definition_says(Pooling pooling)
    {
        using var folder = ModelFolder.Open(model.Write());
        var frequencies = RopeFrequencies.Plain(folder.Config.RopeTheta, folder.Config.HeadDim);
        var prompt = EngineRuns.Prompt(37, seed: 4);
        var states = new ReferenceDecoder(folder, (position, j) => position * frequencies[j], 1).FinalStates(prompt);
        var pooled = pooling == Pooling.Last ? states[^1] : [.. Enumerable.Range(0, states[0].Length).Select(d => states.Average(state => state[d]))];
        var length = Math.Sqrt(pooled.Sum(x => x * x));

        await using var engine = InferenceEngine.Start(folder, new() { StepTokens = 16 }, TimeProvider.System);
        var vector = await EmbedAsync(engine, prompt, pooling);

        Assert.Equal(pooled.Length, vector.Count);
        Assert.All(vector.Zip(pooled), pair => Assert.InRange(pair.First - (pair.Second / length), -1e-4, 1e-4));
    }

    [Theory]
    [Trait("Category", "Determinism")]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    public async Task It_has_the_same_bits_alone_in_any_batch_with_any_chunks_and_beside_answers(Pooling pooling)
    {
        using var folder = ModelFolder.Open(model.Write());
        var prompts = Enumerable.Range(0, 16).Select(i => EngineRuns.Prompt(1 + (i * 37 % 150), i % 4)).ToList();
        var alone = new List<IReadOnlyList<float>>();
        foreach (var prompt in prompts)
        {
            await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
            alone.Add(await EmbedAsync(engine, prompt, pooling));
        }

        foreach (var options in new EngineOptions[] { new(), new() { StepTokens = 7, Threads = 1, MaxRunningSequences = 5 }, new() { StepTokens = 33, MaxCacheBytes = 0 } })
        {
            await using var engine = InferenceEngine.Start(folder, options, TimeProvider.System);
            for (var round = 0; round < 2; round++)
            {
                var answers = prompts.Take(4).Select((prompt, i) => engine.Submit(EngineRuns.Request(prompt, 9, (ulong)i)).ReadAsync()).ToList();
                var vectors = await Task.WhenAll(prompts.Select(prompt => EmbedAsync(engine, prompt, pooling)));
                await Task.WhenAll(answers);
                Assert.All(vectors.Zip(alone), pair => Assert.Equal(pair.Second, pair.First));
            }
        }
    }

    private static async Task<IReadOnlyList<float>> EmbedAsync(InferenceEngine engine, int[] prompt, Pooling pooling)
    {
        var generation = engine.Submit(new() { Prompt = prompt, CacheSalt = "test", MaxNewTokens = 0, Pooling = pooling });
        await generation.Tokens.Completion.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return generation.Embedding;
    }
}
