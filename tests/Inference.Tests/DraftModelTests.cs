using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>Speculative decoding with a smaller model: no bit of an answer changes, however good or bad its guesses are.</summary>
public sealed class DraftModelTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Theory]
    [InlineData(0f)]
    [InlineData(0.7f)]
    [Trait("Category", "Determinism")]
    public async Task Answers_are_the_same_with_a_perfect_a_fair_and_a_useless_draft(float temperature)
    {
        using var served = model.Open(Sharpen);
        using var fair = model.Open(Blur);
        using var useless = model.Open(Turn);
        var requests = Enumerable.Range(0, 4).Select(i => EngineRuns.Request(EngineRuns.Prompt(20 + (40 * i), i), 40, (ulong)i)).ToList();
        requests = [.. requests.Select(request => request with { Sampling = request.Sampling with { Temperature = temperature } })];
        var alone = new List<List<int>>();
        await using (var plain = Start(served, new() { GuessedTokens = 0 }, null))
        {
            foreach (var request in requests)
            {
                alone.Add(EngineRuns.Bits(await plain.Submit(request).ReadAsync().WithinAsync()));
            }
        }

        foreach (var draft in new[] { served, fair, useless })
        {
            // All at once: while more than two run nobody guesses, and the draft's two places change hands.
            await using var engine = Start(served, new() { StepTokens = 16 }, draft);
            for (var round = 0; round < 2; round++)
            {
                var running = requests.Select(request => engine.Submit(request).ReadAsync()).ToList();
                for (var i = 0; i < running.Count; i++)
                {
                    Assert.Equal(alone[i], EngineRuns.Bits(await running[i].WithinAsync()));
                }
            }

            foreach (var (request, bits) in requests.Zip(alone))
            {
                Assert.Equal(bits, EngineRuns.Bits(await engine.Submit(request).ReadAsync().WithinAsync()));
            }

            Assert.True(engine.Status().GuessedTokens > 10, $"{engine.Status()}");
        }
    }

    [Fact]
    public async Task A_perfect_draft_saves_most_steps_and_a_step_allocates_nothing()
    {
        using var served = model.Open(Sharpen);
        await using var engine = Start(served, new(), served);
        var request = EngineRuns.Request(EngineRuns.Prompt(30, 1), 90, seed: 1) with { LogProbs = false, TopLogProbs = 0, Sampling = new() { Temperature = 0 } };
        await engine.Submit(request).ReadAsync().WithinAsync();
        var (before, bytes) = (engine.Status(), engine.AllocatedBytes);
        await engine.Submit(request with { CacheSalt = "other" }).ReadAsync().WithinAsync();
        var after = engine.Status();
        // What was looked up in the text, and not asked of the draft, may be wrong.
        Assert.InRange(after.RightGuesses, after.GuessedTokens * 3 / 4, after.GuessedTokens);
        Assert.InRange(after.Steps - before.Steps, 90 / 7, 60);
        Assert.InRange(engine.AllocatedBytes - bytes, 0, 4_096);
    }

    [Fact]
    public async Task Its_memory_is_planned_and_its_tokens_have_to_be_enough()
    {
        using var served = model.Open();
        var (without, with) = (MemoryPlan.Of(served, new()), MemoryPlan.Of(served, new(), served));
        Assert.Equal(with.TotalBytes, without.TotalBytes + with.DraftBytes);
        Assert.InRange(with.DraftBytes, without.WeightBytes, without.TotalBytes);
        var few = new EngineOptions { MemoryBytes = without.TotalBytes - (without.BlockBytes * without.Blocks) + without.WeightBytes };
        Assert.Contains("its draft model", Assert.Throws<NotEnoughMemoryException>(() => Start(served, few, served)).Message, StringComparison.Ordinal);

        var e = Assert.Throws<InvalidModelException>(() => InferenceEngine.Start(served, served.Config.VocabularySize + 1, new(), TimeProvider.System, served));
        Assert.Contains("choose a draft with the same tokenizer", e.Message, StringComparison.Ordinal);
        await using var engine = Start(served, new(), served);
        Assert.Equal(with, engine.Plan);
    }

    private static InferenceEngine Start(ModelFolder served, EngineOptions options, ModelFolder? draft) =>
        InferenceEngine.Start(served, served.Tokenizer.VocabularySize, options, TimeProvider.System, draft);

    /// <summary>Random weights know nothing for sure; these do.</summary>
    internal static void Sharpen(string name, float[] weight) => Scale(name, weight, _ => 40);

    /// <summary>Often of the same opinion.</summary>
    private static void Blur(string name, float[] weight) => Scale(name, weight, i => 40 + (i * 31 % 17));

    /// <summary>Always of another.</summary>
    private static void Turn(string name, float[] weight) => Scale(name, weight, _ => -40);

    private static void Scale(string name, float[] weight, Func<int, float> by)
    {
        for (var i = 0; name == WeightNames.LmHead && i < weight.Length; i++)
        {
            weight[i] *= by(i);
        }
    }
}
