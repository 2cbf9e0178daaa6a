using InternPlatform.Inference.Runners;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Engine;

/// <summary>What an engine will allocate, known before it allocates anything.</summary>
public sealed record MemoryPlan
{
    /// <summary>Bytes of weights, packed as the kernels read them.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of activations and logits.</summary>
    public required long ScratchBytes { get; init; }

    /// <summary>Bytes of one cache block over all layers.</summary>
    public required long BlockBytes { get; init; }

    /// <summary>Blocks of the cache.</summary>
    public required int Blocks { get; init; }

    /// <summary>Tokens of the longest sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Bytes in all.</summary>
    public long TotalBytes => WeightBytes + ScratchBytes + (BlockBytes * Blocks);

    /// <summary>Plans an engine.</summary>
    /// <exception cref="NotEnoughMemoryException">The model and one whole sequence do not fit; says what is needed and what there is.</exception>
    public static MemoryPlan Of(ModelConfig config, EngineOptions options)
    {
        var context = Math.Min(options.ContextLength ?? config.ContextLength, config.ContextLength);
        var weights = WeightBytesOf(config);
        var scratch = ScratchBytesOf(config, options, context);
        var block = (long)config.LayerCount * KvBlock.Length(config.KvHeadCount, config.HeadDim) * sizeof(float);
        var available = options.MemoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var one = BlockTable.BlocksFor(context);
        var all = (long)one * options.MaxRunningSequences;
        var fit = (available - weights - scratch) / block;
        var perLayer = Array.MaxLength / KvBlock.Length(config.KvHeadCount, config.HeadDim);
        var blocks = Math.Min(Math.Min(all, fit), Math.Min(perLayer, Math.Max(one, options.MaxCacheBytes / block)));
        if (blocks < one)
        {
            throw new NotEnoughMemoryException(
                $"The model needs {Megabytes(weights + scratch)} MB and one sequence of {context} tokens {Megabytes(block * one)} MB; {Megabytes(available)} MB are available. " +
                "Serve a shorter context, a smaller model, or give the process more memory.");
        }

        return new() { WeightBytes = weights, ScratchBytes = scratch, BlockBytes = block, Blocks = (int)blocks, ContextLength = context };
    }

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"model {Megabytes(WeightBytes)} MB, scratch {Megabytes(ScratchBytes)} MB, cache {Megabytes(BlockBytes * Blocks)} MB for {(long)Blocks * KvBlock.Tokens} tokens";

    /// <summary>Inputs of the widest product.</summary>
    internal static int MostInputs(ModelConfig config) => Math.Max(Math.Max(config.HiddenSize, config.IntermediateSize), config.HeadCount * config.HeadDim);

    private static long WeightBytesOf(ModelConfig config)
    {
        var element = config.TorchDtype == "bfloat16" ? sizeof(ushort) : sizeof(float);
        var vocabulary = (long)config.VocabularySize * config.HiddenSize;
        var matrices = WeightNames.All(config).Where(weight => weight.Shape.Length == 2 && weight.Name is not (WeightNames.Embedding or WeightNames.LmHead));
        return matrices.Sum(weight => MatrixBytes(config.Quantization, weight.Name, weight.Shape, element)) + (vocabulary * (element + sizeof(float)));
    }

    private static long MatrixBytes(QuantizationConfig? quantization, string name, long[] shape, int element)
    {
        var (outputs, inputs) = (shape[0], shape[1]);
        return quantization is null || !quantization.Converts(name, shape) ? outputs * inputs * element
            : quantization.Layout == QuantizationLayout.Int8Rows ? MatMulInt8.PackedLength((int)outputs, (int)inputs, hasBlockScales: false) + (outputs * sizeof(float))
            : quantization.GroupSize % StripLayout.BlockInputs == 0 ? MatMulInt4.PackedLength((int)outputs, (int)inputs, hasZeros: true)
            : outputs * inputs * sizeof(float);
    }

    private static long ScratchBytesOf(ModelConfig config, EngineOptions options, int context)
    {
        var row = (3L * config.HiddenSize) + ((2 * config.HeadCount) + (2 * config.KvHeadCount)) * config.HeadDim + (3L * config.IntermediateSize);
        return (sizeof(float) * ((options.StepTokens * row) + ((options.LogitRows + 5L) * config.VocabularySize) + (config.HeadDim * (long)context)))
            + ActivationBlocks.Bytes(options.StepTokens, MostInputs(config)) + AttentionWork.Bytes(context);
    }

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
