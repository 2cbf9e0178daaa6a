#if PEERS
using System.Diagnostics;
using LLama;
using LLama.Common;
using LLama.Native;

namespace InternPlatform.Benchmarks;

/// <summary>llama.cpp through LLamaSharp, low-level calls only, on the same file.</summary>
internal sealed class LlamaCpp : IDisposable
{
    private readonly LLamaWeights weights;
    private readonly LLamaContext context;

    public LlamaCpp(string path, int threads)
    {
        var parameters = new ModelParams(path) { ContextSize = 1024, Threads = threads, BatchThreads = threads, GpuLayerCount = 0, BatchSize = 512, UBatchSize = 512 };
        weights = LLamaWeights.LoadFromFile(parameters);
        context = weights.CreateContext(parameters);
    }

    /// <summary>Tokens a second of one sequence behind a prompt.</summary>
    public double DecodeSpeed(int promptTokens, int newTokens)
    {
        Read(promptTokens);
        var batch = new LLamaBatch();
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

    /// <summary>Tokens a second of a prompt up to its logits.</summary>
    public double PrefillSpeed(int promptTokens)
    {
        var clock = Stopwatch.StartNew();
        Read(promptTokens);
        _ = Best(promptTokens - 1);
        return promptTokens / clock.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        context.Dispose();
        weights.Dispose();
    }

    private void Read(int promptTokens)
    {
        context.NativeHandle.MemoryClear();
        var batch = new LLamaBatch();
        for (var i = 0; i < promptTokens; i++)
        {
            batch.Add(3 + i, i, LLamaSeqId.Zero, i == promptTokens - 1);
        }

        Require(context.Decode(batch));
    }

    private int Best(int row) => InternPlatform.Kernels.Cpu.ArgMax.Invoke(context.NativeHandle.GetLogitsIth(row));

    private static void Require(DecodeResult result)
    {
        if (result != DecodeResult.Ok)
        {
            throw new InvalidOperationException($"llama.cpp: {result}");
        }
    }
}
#endif
