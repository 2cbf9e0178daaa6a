using InternPlatform.Inference.Engine;
using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>Attention of a step, in parts of (token, key-value head): none reads what another writes.</summary>
internal sealed class AttentionWork(ModelConfig config, KvLayout layout, int contextLength) : IPartedWork
{
    private const int MostParts = 16;
    private const long WorthSharing = 1 << 18;

    private readonly float[][] scores = [.. Enumerable.Range(0, MostParts).Select(_ => new float[PagedAttention.ScratchLength(contextLength)])];
    private readonly int queries = config.HeadCount * config.HeadDim;
    private readonly int stride = (config.HeadCount + (2 * config.KvHeadCount)) * config.HeadDim;
    private float[] projected = [];
    private byte[] blocks = [];
    private float[] mixed = [];
    private StepBatch batch = null!;
    private int parts;

    /// <summary>Bytes of its scratch.</summary>
    public static long Bytes(int contextLength) => (long)MostParts * PagedAttention.ScratchLength(contextLength) * sizeof(float);

    /// <param name="scratch">Threads.</param>
    /// <param name="projected">[T, (H + 2G) d].</param>
    /// <param name="batch">For each token its position and the blocks of its sequence.</param>
    /// <param name="blocks">The layer's cache.</param>
    /// <param name="mixed">Output, [T, H d].</param>
    public void Invoke(StepScratch scratch, float[] projected, StepBatch batch, byte[] blocks, float[] mixed)
    {
        (this.projected, this.batch, this.blocks, this.mixed) = (projected, batch, blocks, mixed);
        var seen = 0L;
        foreach (var position in batch.Positions)
        {
            seen += position + 1;
        }

        parts = seen * queries * 2 < WorthSharing ? 1 : Math.Min(MostParts, batch.Count * config.KvHeadCount);
        scratch.Pool.Run(this, parts);
    }

    public void Run(int part)
    {
        var units = batch.Count * config.KvHeadCount;
        for (var unit = units * part / parts; unit < units * (part + 1) / parts; unit++)
        {
            var (t, head) = (unit / config.KvHeadCount, unit % config.KvHeadCount);
            PagedAttention.Invoke(
                projected.AsSpan(t * stride, queries), blocks, batch.Tables[t], batch.Positions[t] + 1, layout, head, scores[part], mixed.AsSpan(t * queries, queries));
        }
    }
}
