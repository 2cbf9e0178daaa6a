using InternPlatform.Inference.Runners;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;
using InternPlatform.Tensors;

namespace InternPlatform.Inference.Engine;

/// <summary>What an engine will allocate, known before it allocates anything.</summary>
public sealed record MemoryPlan
{
    /// <summary>Bytes of weights, packed as the kernels read them.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of activations and logits.</summary>
    public required long ScratchBytes { get; init; }

    /// <summary>Bytes of a draft model with all that it needs; 0: there is none.</summary>
    public long DraftBytes { get; init; }

    /// <summary>Bytes of one cache block over all layers.</summary>
    public required long BlockBytes { get; init; }

    /// <summary>Blocks of the cache.</summary>
    public required int Blocks { get; init; }

    /// <summary>Tokens of the longest sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Bytes in all.</summary>
    public long TotalBytes => WeightBytes + ScratchBytes + DraftBytes + (BlockBytes * Blocks);

    /// <summary>Plans an engine.</summary>
    /// <exception cref="NotEnoughMemoryException">The model and one whole sequence do not fit; says what is needed and what there is.</exception>
    public static MemoryPlan Of(ModelConfig config, EngineOptions options) => Of(
        config, options, (name, shape) => (config.Quantization?.Converts(name, shape) == true ? config.Quantization.EncodingOf(shape) : null, config.TorchDtype switch
        {
            "bfloat16" => DType.BF16,
            "float16" => DType.F16,
            _ => DType.F32,
        }));

    /// <summary>Plans an engine for a model as its file stores it.</summary>
    /// <exception cref="NotEnoughMemoryException">It does not fit.</exception>
    /// <exception cref="InvalidModelException">Its heads cannot be cached in so few bits.</exception>
    public static MemoryPlan Of(IModelSource source, EngineOptions options, IModelSource? draft = null) =>
        Of(source.Config, options, (name, _) => (source.EncodingOf(name), source.FloatTypeOf(name)), draft is null ? 0 : DraftBytesOf(draft, options, ContextOf(source.Config, options)));

    private static MemoryPlan Of(ModelConfig config, EngineOptions options, Func<string, long[], (WeightEncoding? Encoding, DType Type)> storedAs, long draft = 0)
    {
        var context = ContextOf(config, options);
        var weights = WeightBytesOf(config, storedAs);
        var scratch = ScratchBytesOf(config, options, context);
        var layout = LayoutOf(config, options);
        var block = (long)config.LayerCount * layout.BlockBytes;
        var available = options.MemoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var one = BlockTable.BlocksFor(context);
        var all = (long)one * options.MaxRunningSequences;
        var fit = (available - weights - scratch - draft) / block;
        var perLayer = Array.MaxLength / layout.BlockBytes;
        var blocks = Math.Min(Math.Min(all, fit), Math.Min(perLayer, Math.Max(one, options.MaxCacheBytes / block)));
        if (blocks < one)
        {
            throw new NotEnoughMemoryException(
                $"The model needs {Megabytes(weights + scratch)} MB{(draft > 0 ? $", its draft model {Megabytes(draft)} MB" : "")} and one sequence of {context} tokens {Megabytes(block * one)} MB; {Megabytes(available)} MB are available. " +
                "Serve a shorter context, a smaller model, or give the process more memory.");
        }

        return new() { WeightBytes = weights, ScratchBytes = scratch, DraftBytes = draft, BlockBytes = block, Blocks = (int)blocks, ContextLength = context };
    }

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"model {Megabytes(WeightBytes)} MB, {(DraftBytes > 0 ? $"draft {Megabytes(DraftBytes)} MB, " : "")}scratch {Megabytes(ScratchBytes)} MB, cache {Megabytes(BlockBytes * Blocks)} MB for {(long)Blocks * KvLayout.BlockTokens} tokens";

    /// <summary>Inputs of the widest product; no single map has more outputs either.</summary>
    internal static int MostInputs(ModelConfig config) => Math.Max(Math.Max(config.HiddenSize, config.IntermediateSize), config.HeadCount * config.HeadDim);

    internal static KvLayout LayoutOf(ModelConfig config, EngineOptions options)
    {
        var layout = new KvLayout(config.KvHeadCount, config.HeadDim, options.CacheFormat);
        return layout.Refusal() is { } reason ? throw new InvalidModelException("config.json", reason) : layout;
    }

    private static int ContextOf(ModelConfig config, EngineOptions options) => Math.Min(options.ContextLength ?? config.ContextLength, config.ContextLength);

    private static long DraftBytesOf(IModelSource draft, EngineOptions options, int context) =>
        Of(draft.Config, DraftModel.OptionsOf(options, context) with { MemoryBytes = long.MaxValue }, (name, _) => (draft.EncodingOf(name), draft.FloatTypeOf(name))).TotalBytes;

    private static long WeightBytesOf(ModelConfig config, Func<string, long[], (WeightEncoding? Encoding, DType Type)> storedAs)
    {
        var table = new long[] { config.VocabularySize, config.HiddenSize };
        var (head, embedding) = (config.TieWordEmbeddings ? WeightNames.Embedding : WeightNames.LmHead, storedAs(WeightNames.Embedding, table));
        return WeightNames.All(config).Where(weight => weight.Shape.Length == 2 && weight.Name is not (WeightNames.Embedding or WeightNames.LmHead)).Append((head, table))
            .Sum(weight => Packed(weight.Item2, storedAs(weight.Item1, weight.Item2)))
            + EmbeddingTable.Bytes(config, embedding.Encoding, embedding.Type);

        static long Packed(long[] shape, (WeightEncoding? Encoding, DType Type) stored) => PackedLinear.Bytes((int)shape[0], (int)shape[1], stored.Encoding, stored.Type);
    }

    private static long ScratchBytesOf(ModelConfig config, EngineOptions options, int context)
    {
        var row = (3L * config.HiddenSize) + ((2 * config.HeadCount) + (2 * config.KvHeadCount)) * config.HeadDim + (3L * config.IntermediateSize);
        return (sizeof(float) * ((options.StepTokens * row) + ((options.LogitRows + 5L) * config.VocabularySize) + (config.HeadDim * (long)context)))
            + ActivationBlocks.Bytes(options.StepTokens, MostInputs(config)) + AttentionWork.Bytes(context)
            + (options.MaxAdapterRank > 0 ? LoraWork.Bytes(options.StepTokens, options.MaxAdapterRank, MostInputs(config)) : 0);
    }

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
