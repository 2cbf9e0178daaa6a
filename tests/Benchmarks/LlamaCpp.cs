#if PEERS
using System.Diagnostics;
using LLama;
using LLama.Common;
using LLama.Native;

namespace InternPlatform.Benchmarks;

/// <summary>llama.cpp through LLamaSharp, low-level calls only: decode speed of one sequence on one thread.</summary>
internal sealed class LlamaCpp : IDisposable
{
    private readonly LLamaWeights weights;
    private readonly LLamaContext context;

    public LlamaCpp(string path)
    {
        var parameters = new ModelParams(path) { ContextSize = 256, Threads = 1, BatchThreads = 1, GpuLayerCount = 0, BatchSize = 256, UBatchSize = 256 };
        weights = LLamaWeights.LoadFromFile(parameters);
        context = weights.CreateContext(parameters);
    }

    public double Speed(int promptTokens, int newTokens)
    {
        context.NativeHandle.MemoryClear();
        var batch = new LLamaBatch();
        for (var i = 0; i < promptTokens; i++)
        {
            batch.Add(3 + i, i, LLamaSeqId.Zero, i == promptTokens - 1);
        }

        Require(context.Decode(batch));
        var next = Best(promptTokens - 1);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < newTokens; i++)
        {
            batch.Clear();
            batch.Add(next, promptTokens + i, LLamaSeqId.Zero, true);
            Require(context.Decode(batch));
            next = Best(0);
        }

        return newTokens / clock.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        context.Dispose();
        weights.Dispose();
    }

    private int Best(int row)
    {
        var logits = context.NativeHandle.GetLogitsIth(row);
        return InternPlatform.Kernels.Cpu.ArgMax.Invoke(logits);
    }

    private static void Require(DecodeResult result)
    {
        if (result != DecodeResult.Ok)
        {
            throw new InvalidOperationException($"llama.cpp: {result}");
        }
    }
}
#endif
