using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>Limits of one engine. Memory is planned from them before the start and never exceeded.</summary>
public sealed record EngineOptions
{
    /// <summary>Sequences that are computed in one step at most.</summary>
    public int MaxRunningSequences { get; init; } = 16;

    /// <summary>Requests that may wait; one more is refused with <see cref="EngineFullException"/>.</summary>
    public int MaxWaitingRequests { get; init; } = 64;

    /// <summary>Tokens computed in one step at most: decodes first, prompt chunks fill the rest.</summary>
    public int StepTokens { get; init; } = 256;

    /// <summary>Threads that compute a step together, the engine's own included; it changes no bit of any answer. A product falls into 16 parts at most.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>Tokens guessed ahead at most from what was said before (<see cref="PromptLookup"/>), while one or two sequences run; 0: none. It changes no answer.</summary>
    public int GuessedTokens { get; init; } = 6;

    /// <summary>Rows of logits computed at a time.</summary>
    public int LogitRows { get; init; } = 16;

    /// <summary>Bytes that weights, scratch and cache may take together; null: what the process may use.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>What keys and values are stored as: fewer bits hold longer contexts, and change answers a little.</summary>
    public KvFormat CacheFormat { get; init; }

    /// <summary>Bytes of the key-value cache at most; it is never larger than all running sequences can fill.</summary>
    public long MaxCacheBytes { get; init; } = 512L << 20;

    /// <summary>Highest rank of an adapter that a request may name; 0: none may, and nothing is kept for them.</summary>
    public int MaxAdapterRank { get; init; }

    /// <summary>Longest sequence served; null: the model's own limit.</summary>
    public int? ContextLength { get; init; }
}
