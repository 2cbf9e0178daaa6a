using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Runners;

/// <summary>Adds the adapters of a step's sequences to a product. A row's addition is computed from that row alone, so neighbours change no bit.</summary>
internal sealed class LoraWork(int stepTokens, int mostRank, int mostOutputs)
{
    private readonly float[] low = new float[stepTokens * mostRank];        // [T, r]
    private readonly float[] added = new float[stepTokens * mostOutputs];   // [T, N]

    /// <summary>Bytes of its scratch.</summary>
    public static long Bytes(int stepTokens, int mostRank, int mostOutputs) => (long)stepTokens * (mostRank + mostOutputs) * sizeof(float);

    /// <param name="batch">Whose rows they are.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="product">Which of its products.</param>
    /// <param name="x">Begins with [T, K].</param>
    /// <param name="y">Begins with [T, <paramref name="outputs"/>].</param>
    /// <param name="outputs">Of the whole product.</param>
    public void Add(StepBatch batch, int layer, Func<LoraAdapter.Layer, LoraAdapter.Part[]> product, float[] x, float[] y, int outputs)
    {
        foreach (var (sequence, firstRow, count) in batch.Chunks)
        {
            if (sequence.Request.Adapter is not { } adapter)
            {
                continue;
            }

            foreach (var part in product(adapter.Of(layer)))
            {
                var narrow = low.AsSpan(0, count * adapter.Rank);
                var wide = added.AsSpan(0, count * part.Outputs);
                MatMul.Invoke(x.AsSpan(firstRow * part.Inputs, count * part.Inputs), part.A, adapter.Rank, part.Inputs, narrow);
                MatMul.Invoke(narrow, part.B, part.Outputs, adapter.Rank, wide);
                for (var t = 0; t < count; t++)
                {
                    Kernels.Cpu.Add.Invoke(wide.Slice(t * part.Outputs, part.Outputs), y.AsSpan(((firstRow + t) * outputs) + part.Offset, part.Outputs));
                }
            }
        }
    }
}
