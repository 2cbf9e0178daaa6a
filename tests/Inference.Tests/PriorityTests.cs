using InternPlatform.Inference.Engine;
using InternPlatform.Models;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Inference.Tests;

public sealed class PriorityTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Fact]
    public async Task A_request_of_higher_priority_takes_the_place_of_a_lower_one_which_then_says_the_same()
    {
        using var folder = ModelFolder.Open(model.Write());
        var low = EngineRuns.Request(EngineRuns.Prompt(20, 1), 120, seed: 1);
        var high = EngineRuns.Request(EngineRuns.Prompt(20, 2), 5, seed: 2) with { Priority = 1 };
        List<int> alone;
        await using (var engine = InferenceEngine.Start(folder, new(), TimeProvider.System))
        {
            alone = EngineRuns.Bits(await engine.Submit(low).ReadAsync().WithinAsync());
        }

        await using var crowded = InferenceEngine.Start(folder, new() { MaxRunningSequences = 1 }, TimeProvider.System);
        var first = crowded.Submit(low);
        await first.Tokens.WaitToReadAsync(TestContext.Current.CancellationToken);
        var second = crowded.Submit(high);
        await second.ReadAsync().WithinAsync();
        Assert.False(first.Tokens.Completion.IsCompleted);
        Assert.Equal(alone, EngineRuns.Bits(await first.ReadAsync().WithinAsync()));
    }

    [Fact]
    public async Task Those_who_wait_are_taken_by_priority_and_then_in_their_order()
    {
        using var folder = ModelFolder.Open(model.Write());
        await using var engine = InferenceEngine.Start(folder, new() { MaxRunningSequences = 1 }, TimeProvider.System);
        var running = engine.Submit(EngineRuns.Request(EngineRuns.Prompt(20, 1), 120, seed: 1) with { Priority = 9 });
        await running.Tokens.WaitToReadAsync(TestContext.Current.CancellationToken);
        var order = new List<int>();
        int[] priorities = [0, 2, 1, 2, -1, 0];
        var waiting = priorities.Select((priority, i) => engine.Submit(EngineRuns.Request(EngineRuns.Prompt(10, i), 1, seed: 1) with { Priority = priority, Constraint = new Recorder(i, order) })).ToList();
        await running.ReadAsync().WithinAsync();
        foreach (var generation in waiting)
        {
            await generation.ReadAsync().WithinAsync();
        }

        Assert.Equal([1, 3, 2, 0, 5, 4], order);
    }

    /// <summary>Allows everything, and notes on the engine's thread whose token came.</summary>
    private sealed class Recorder(int number, List<int> order) : ITokenConstraint
    {
        public bool CanStop => true;

        public bool IsComplete => false;

        public void Allow(int remainingTokens, Span<ulong> mask) => mask.Fill(ulong.MaxValue);

        public void Accept(int token) => order.Add(number);
    }
}
