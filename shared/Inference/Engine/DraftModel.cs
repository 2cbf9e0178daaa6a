using InternPlatform.Inference.Runners;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Engine;

/// <summary>
/// A smaller model with the same tokens, which guesses what the served one says next. A guess is only kept where the served model draws the same token, so no
/// answer changes. Used by the engine's thread only.
/// </summary>
/// <remarks>Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding"; acceptance here is exact, not by ratios of probabilities.</remarks>
internal sealed class DraftModel
{
    /// <summary>Sequences whose keys and values it keeps.</summary>
    public const int Slots = 2;

    // Longer sequences go on without guesses; there the served model's own attention is what takes the time.
    private const int LongestContext = 32_768;

    // A token that it is less sure of is seldom right, and costs the served model a row.
    private const float LeastConfidence = 0.4f;

    private readonly LlamaRunner runner;
    private readonly StepBatch batch;
    private readonly Slot[] slots;
    private readonly int context;
    private readonly int stepTokens;
    private readonly int tokenizerSize;
    private long uses;

    /// <param name="source">The model; it may be closed then.</param>
    /// <param name="scratch">Shared with the served model: the two never compute at once.</param>
    /// <param name="options">The engine's.</param>
    /// <param name="contextLength">Longest sequence of the engine.</param>
    /// <param name="tokenizerSize">Tokens of the tokenizer that both have.</param>
    public DraftModel(IModelSource source, StepScratch scratch, EngineOptions options, int contextLength, int tokenizerSize)
    {
        var config = source.Config;
        this.tokenizerSize = tokenizerSize;
        var own = OptionsOf(options, contextLength);
        context = Math.Min(own.ContextLength!.Value, config.ContextLength);
        var blocks = BlockTable.BlocksFor(context);
        var cache = new KvCache(config.LayerCount, MemoryPlan.LayoutOf(config, own), blocks * Slots);
        stepTokens = own.StepTokens;
        batch = new(stepTokens);
        runner = new(new LlamaWeights(source), cache, scratch, additions: null, own.StepTokens, own.LogitRows, context);
        slots = [.. Enumerable.Range(0, Slots).Select(slot => new Slot([.. Enumerable.Range(slot * blocks, blocks)], context))];
    }

    /// <summary>What a plan of its memory goes by.</summary>
    public static EngineOptions OptionsOf(EngineOptions options, int contextLength) => options with
    {
        LogitRows = 1,
        MaxAdapterRank = 0,
        MaxRunningSequences = Slots,
        MaxCacheBytes = long.MaxValue,
        CacheFormat = KvFormat.Bits16,
        ContextLength = Math.Min(contextLength, LongestContext),
    };

    /// <summary>Guesses greedily, until it is unsure.</summary>
    /// <param name="sequence">Whose tokens they are: what was computed for it before is kept.</param>
    /// <param name="tokens">Prompt and answer so far.</param>
    /// <param name="guess">Receives the guess.</param>
    /// <returns>Tokens guessed; 0 as well while a long prompt is read, one step's tokens at a time: others wait for this, too.</returns>
    public int Guess(Sequence sequence, ReadOnlySpan<int> tokens, Span<int> guess)
    {
        guess = guess[..Math.Clamp(context - tokens.Length, 0, guess.Length)];
        if (guess.IsEmpty)
        {
            return 0;
        }

        var slot = SlotOf(sequence);
        var known = Math.Min(slot.Tokens.AsSpan(0, slot.Count).CommonPrefixLength(tokens), tokens.Length - 1);
        var read = Math.Min(tokens.Length - known, stepTokens);
        tokens.Slice(known, read).CopyTo(slot.Tokens.AsSpan(known));
        Compute(slot, known, read);
        if (slot.Count < tokens.Length)
        {
            return 0;
        }

        for (var count = 0; ; count++)
        {
            if (Next() is not { } token)
            {
                return count;
            }

            guess[count] = token;
            if (count + 1 == guess.Length)
            {
                return guess.Length;
            }

            slot.Tokens[slot.Count] = token;
            Compute(slot, slot.Count, 1);
        }
    }

    /// <returns>The most probable token after the last one computed; null where that is in doubt.</returns>
    private int? Next()
    {
        var logits = runner.Logits([batch.Count - 1]);
        var best = ArgMax.Invoke(logits[..tokenizerSize]);
        return ArgMax.IsOrdered(logits) && MathF.Exp(logits[best] - Softmax.LogSumExp(logits)) >= LeastConfidence ? best : null;
    }

    private void Compute(Slot slot, int from, int count)
    {
        batch.Clear();
        batch.Add(slot.Tokens.AsSpan(from, count), from, slot.Blocks);
        runner.Forward(batch);
        slot.Count = from + count;
    }

    /// <summary>The sequence's own, else the one that was longest without use. Nobody notices by the time it takes what another tenant wrote.</summary>
    private Slot SlotOf(Sequence sequence)
    {
        var slot = slots[0];
        foreach (var other in slots)
        {
            if (other.Owner == sequence)
            {
                slot = other;
                break;
            }

            slot = other.Used < slot.Used ? other : slot;
        }

        slot.Count = slot.Owner?.Request.CacheSalt == sequence.Request.CacheSalt ? slot.Count : 0;
        (slot.Owner, slot.Used) = (sequence, ++uses);
        return slot;
    }

    private sealed class Slot(int[] blocks, int context)
    {
        public int[] Blocks { get; } = blocks;

        /// <summary>The first <see cref="Count"/> have their keys and values in the cache.</summary>
        public int[] Tokens { get; } = new int[context];

        public int Count { get; set; }

        public Sequence? Owner { get; set; }

        public long Used { get; set; }
    }
}
