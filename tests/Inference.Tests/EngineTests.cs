using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class EngineTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Fact]
    [Trait("Category", "Determinism")]
    public async Task A_sequence_gives_the_same_bits_alone_in_any_batch_with_any_chunks_and_from_the_prefix_cache()
    {
        var requests = Enumerable.Range(0, 24).Select(i => EngineRuns.Request(EngineRuns.Prompt(1 + (i * 37 % 90), i % 12), 3 + (i % 20), (ulong)i)).ToList();
        using var folder = model.Open();
        var alone = new List<List<int>>();
        foreach (var request in requests)
        {
            await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
            alone.Add(EngineRuns.Bits(await engine.Submit(request).ReadAsync().WithinAsync()));
        }

        foreach (var options in new EngineOptions[]
        {
            new(),
            new() { StepTokens = 7, MaxRunningSequences = 5, LogitRows = 3, Threads = 1 },
            new() { Threads = 3 },
            new() { GuessedTokens = 0, MaxRunningSequences = 2 },
            new() { GuessedTokens = 9, MaxRunningSequences = 2, LogitRows = 2 },
            new() { StepTokens = 33, MaxRunningSequences = 24, MaxCacheBytes = 0 },
        })
        {
            await using var engine = InferenceEngine.Start(folder, options, TimeProvider.System);
            var random = new Random(options.StepTokens);
            for (var round = 0; round < 2; round++)
            {
                var order = Enumerable.Range(0, requests.Count).OrderBy(_ => random.Next()).ToArray();
                var running = order.Select(i => (Index: i, Text: engine.Submit(requests[i]).ReadAsync())).ToList();
                foreach (var (index, text) in running)
                {
                    Assert.Equal(alone[index], EngineRuns.Bits(await text.WithinAsync()));
                }
            }

            var status = await engine.IdleAsync();
            Assert.Equal(status.TotalBlocks, status.FreeBlocks);
        }
    }

    [Fact]
    [Trait("Category", "Determinism")]
    public async Task What_repeats_itself_is_guessed_in_fewer_steps_with_the_same_bits()
    {
        using var folder = model.Open();
        var request = EngineRuns.Request([.. Enumerable.Range(0, 60).Select(i => 5 + (i % 6))], 80, seed: 3) with { Sampling = new() { Temperature = 0, LogitBias = new Dictionary<int, float> { [7] = 1000 } } };
        await using var plain = InferenceEngine.Start(folder, new() { GuessedTokens = 0 }, TimeProvider.System);
        await using var guessing = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var expected = EngineRuns.Bits(await plain.Submit(request).ReadAsync().WithinAsync());

        Assert.Equal(expected, EngineRuns.Bits(await guessing.Submit(request).ReadAsync().WithinAsync()));
        var (without, with) = (await plain.IdleAsync(), await guessing.IdleAsync());
        Assert.Equal(0, without.GuessedTokens);
        Assert.True(with.RightGuesses > 10 && with.Steps <= without.Steps - with.RightGuesses, $"{with.RightGuesses} of {with.GuessedTokens} in {with.Steps} steps, not {without.Steps}");
        Assert.Equal(with.TotalBlocks, with.FreeBlocks);
    }

    [Fact]
    public async Task A_prompt_seen_before_is_found_in_the_cache_of_its_own_tenant_only()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var request = EngineRuns.Request(EngineRuns.Prompt(60, seed: 1), 4, seed: 1);
        var first = engine.Submit(request);
        var cold = EngineRuns.Bits(await first.ReadAsync().WithinAsync());
        var second = engine.Submit(request);
        var cached = EngineRuns.Bits(await second.ReadAsync().WithinAsync());
        var other = engine.Submit(request with { CacheSalt = "other" });
        await other.ReadAsync().WithinAsync();

        Assert.Equal(0, first.CachedTokens);
        Assert.Equal(48, second.CachedTokens);
        Assert.Equal(0, other.CachedTokens);
        Assert.Equal(cold, cached);
    }

    [Fact]
    public async Task Prompt_log_probabilities_are_those_of_generating_the_same_tokens()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new() { StepTokens = 16 }, TimeProvider.System);
        var prompt = EngineRuns.Prompt(21, seed: 2);
        var written = await engine.Submit(EngineRuns.Request(prompt, 20, seed: 3)).ReadAsync().WithinAsync();
        int[] whole = [.. prompt, .. written.Select(token => token.Token)];

        var echo = engine.Submit(EngineRuns.Request(whole, 0, seed: 0) with { PromptLogProbs = true });
        Assert.Empty(await echo.ReadAsync().WithinAsync());

        Assert.Equal(whole, echo.PromptTokens.Select(token => token.Token));
        Assert.True(float.IsNaN(echo.PromptTokens[0].LogProb));
        Assert.Equal(EngineRuns.Bits(written), EngineRuns.Bits(echo.PromptTokens.Skip(prompt.Length)));
        Assert.Equal(FinishReason.Length, echo.FinishReason);
    }

    [Fact]
    public async Task Temperature_zero_takes_the_most_likely_token_and_a_stop_token_ends()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var request = EngineRuns.Request(EngineRuns.Prompt(5, seed: 4), 10, seed: 0) with { Sampling = new() { Temperature = 0 } };
        var tokens = await engine.Submit(request).ReadAsync().WithinAsync();

        Assert.All(tokens, token => Assert.Equal(token.Top![0].Token, token.Token));

        var stop = tokens[4].Token;
        var first = tokens.FindIndex(token => token.Token == stop);
        var stopped = engine.Submit(request with { StopTokens = new HashSet<int> { stop } });
        var shorter = await stopped.ReadAsync().WithinAsync();
        Assert.Equal(first + 1, shorter.Count);
        Assert.True(shorter[^1].IsStop);
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);

        var later = await engine.Submit(request with { StopTokens = new HashSet<int> { stop }, MinNewTokens = 8 }).ReadAsync().WithinAsync();
        Assert.True(later.Count >= 8);
    }

    [Fact]
    public async Task A_cancelled_sequence_frees_its_blocks()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new() { MaxRunningSequences = 3 }, TimeProvider.System);
        var generations = Enumerable.Range(0, 12).Select(i => engine.Submit(EngineRuns.Request(EngineRuns.Prompt(20, i), 140, (ulong)i) with { LogProbs = false, TopLogProbs = 0 })).ToList();
        await generations[0].Tokens.ReadAsync(TestContext.Current.CancellationToken);
        foreach (var generation in generations)
        {
            generation.Cancel();
        }

        var status = await engine.IdleAsync();
        Assert.Equal((0, 0, status.TotalBlocks), (status.Running, status.Waiting, status.FreeBlocks));
        foreach (var generation in generations)
        {
            await generation.ReadAsync().WithinAsync();
            Assert.Contains(generation.FinishReason, new[] { FinishReason.Cancelled, FinishReason.Length });
        }
    }

    [Fact]
    public async Task A_full_queue_refuses_and_recovers()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new() { MaxRunningSequences = 1, MaxWaitingRequests = 2 }, TimeProvider.System);
        var accepted = new List<Generation>();
        var refused = 0;
        for (var i = 0; i < 40; i++)
        {
            try
            {
                accepted.Add(engine.Submit(EngineRuns.Request(EngineRuns.Prompt(30, i), 100, (ulong)i)));
            }
            catch (EngineFullException)
            {
                refused++;
            }
        }

        Assert.True(refused > 0);
        Assert.True(accepted.Count >= 2);
        foreach (var generation in accepted)
        {
            Assert.Equal(100, (await generation.ReadAsync().WithinAsync()).Count);
        }

        Assert.Equal(5, (await engine.Submit(EngineRuns.Request([5], 5, 0)).ReadAsync().WithinAsync()).Count);
    }

    [Fact]
    public async Task Only_the_request_whose_logits_are_not_numbers_fails()
    {
        const int poison = 299;
        using var folder = model.Open((name, values) =>
        {
            if (name == WeightNames.Embedding)
            {
                values[(poison * TinyModel.Config.HiddenSize) + 3] = float.NaN;
            }
        });
        await using var engine = InferenceEngine.Start(folder, new() { StepTokens = 16 }, TimeProvider.System);
        var good = EngineRuns.Request([.. EngineRuns.Prompt(30, seed: 5).Select(token => token == poison ? 4 : token)], 12, seed: 5) with
        {
            Sampling = new() { Seed = 5, LogitBias = new Dictionary<int, float> { [poison] = -1000 } },
        };
        var expected = EngineRuns.Bits(await engine.Submit(good).ReadAsync().WithinAsync());

        var bad = Enumerable.Range(0, 6).Select(i => engine.Submit(EngineRuns.Request([7, poison, 8], 5, (ulong)i)).ReadAsync()).ToList();
        var neighbour = engine.Submit(good with { CacheSalt = "again" }).ReadAsync();

        Assert.Equal(expected, EngineRuns.Bits(await neighbour.WithinAsync()));
        foreach (var task in bad)
        {
            await Assert.ThrowsAsync<NotFiniteLogitsException>(() => task.WithinAsync());
        }

        // Recycled blocks hold NaN now; whoever gets them next must not notice.
        Assert.Equal(expected, EngineRuns.Bits(await engine.Submit(good with { CacheSalt = "third" }).ReadAsync().WithinAsync()));
    }

    [Fact]
    public async Task Prompts_that_do_not_fit_are_refused_with_the_numbers()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var longer = Assert.Throws<InferenceException>(() => engine.Submit(EngineRuns.Request(EngineRuns.Prompt(160, 1), 1, 0)));
        Assert.Equal("context_length_exceeded", longer.Code);
        Assert.Contains("160 tokens", longer.Message, StringComparison.Ordinal);
        Assert.Equal("empty_prompt", Assert.Throws<InferenceException>(() => engine.Submit(EngineRuns.Request([], 1, 0))).Code);
        Assert.Equal("unknown_token", Assert.Throws<InferenceException>(() => engine.Submit(EngineRuns.Request([330], 1, 0))).Code);

        var end = engine.Submit(EngineRuns.Request(EngineRuns.Prompt(150, 1), 100, 0));
        Assert.Equal(10, (await end.ReadAsync().WithinAsync()).Count);
        Assert.Equal(FinishReason.Length, end.FinishReason);
    }

    [Fact]
    public async Task A_stopped_engine_tells_its_waiters()
    {
        using var folder = model.Open();
        var engine = InferenceEngine.Start(folder, new() { MaxRunningSequences = 1 }, TimeProvider.System);
        var waiting = Enumerable.Range(0, 5).Select(i => engine.Submit(EngineRuns.Request(EngineRuns.Prompt(10, i), 140, 0)).ReadAsync()).ToList();
        await engine.DisposeAsync();

        await Assert.ThrowsAsync<EngineStoppedException>(() => waiting[^1].WithinAsync());
        Assert.Throws<EngineStoppedException>(() => engine.Submit(EngineRuns.Request([4], 1, 0)));
    }

    [Fact]
    public void Memory_is_planned_before_anything_is_allocated()
    {
        var plan = MemoryPlan.Of(TinyModel.Config, new());
        Assert.Equal(160, plan.Blocks);
        var e = Assert.Throws<NotEnoughMemoryException>(() => MemoryPlan.Of(TinyModel.Config with { HiddenSize = 8192, LayerCount = 80, IntermediateSize = 28672, ContextLength = 32768 }, new() { MemoryBytes = 1L << 30 }));
        Assert.Contains("1024 MB are available", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decoding_allocates_next_to_nothing()
    {
        using var folder = model.Open();
        await using var engine = InferenceEngine.Start(folder, new(), TimeProvider.System);
        var request = EngineRuns.Request([5], 150, 1) with { LogProbs = false, TopLogProbs = 0 };
        await engine.Submit(request).ReadAsync().WithinAsync();
        var before = engine.AllocatedBytes;
        var tokens = await engine.Submit(request).ReadAsync().WithinAsync();
        var bytes = engine.AllocatedBytes - before;

        // A waiting reader's continuation and the channel's segments are in the figure; the forward pass adds nothing.
        Assert.True(bytes / tokens.Count < 200, $"{bytes / tokens.Count} bytes a token");
    }
}
