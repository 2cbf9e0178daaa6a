using InternPlatform.Inference.Engine;
using InternPlatform.Tests.Support;

namespace InternPlatform.Inference.Tests;

internal static class EngineRuns
{
    public static int[] Prompt(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 300))];
    }

    public static GenerationRequest Request(int[] prompt, int newTokens, ulong seed) => new()
    {
        Prompt = prompt,
        MaxNewTokens = newTokens,
        CacheSalt = "test",
        Sampling = new() { Seed = seed },
        LogProbs = true,
        TopLogProbs = TinyModel.Config.VocabularySize,
    };

    public static async Task<List<GeneratedToken>> ReadAsync(this Generation generation)
    {
        List<GeneratedToken> tokens = [];
        await foreach (var token in generation.Tokens.ReadAllAsync())
        {
            tokens.Add(token);
        }

        return tokens;
    }

    /// <summary>Every token and every log-probability of the whole vocabulary, as bits.</summary>
    public static List<int> Bits(IEnumerable<GeneratedToken> tokens) =>
        [.. tokens.SelectMany(token => (token.Top ?? []).SelectMany(top => new[] { top.Token, BitConverter.SingleToInt32Bits(top.LogProb) }).Prepend(token.Token))];

    public static async Task<T> WithinAsync<T>(this Task<T> task, int seconds = 30) => await task.WaitAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>Waits until all blocks are free; a sequence's blocks must be back within two seconds.</summary>
    public static async Task<EngineStatus> IdleAsync(this InferenceEngine engine)
    {
        for (var i = 0; i < 200; i++)
        {
            var status = engine.Status();
            if (status is { Running: 0, Waiting: 0 } && status.FreeBlocks == status.TotalBlocks)
            {
                return status;
            }

            await Task.Delay(10);
        }

        return engine.Status();
    }
}
