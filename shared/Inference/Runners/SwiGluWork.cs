using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Runners;

/// <summary>SiLU(gate) · up of a step (Shazeer 2020, arXiv:2002.05202), in parts of tokens.</summary>
/// <param name="width">I.</param>
internal sealed class SwiGluWork(int width) : IPartedWork
{
    private const int MostParts = 16;
    private const long WorthSharing = 1 << 15;

    private float[] gateUp = [];
    private float[] inner = [];
    private int tokens;
    private int parts;

    /// <param name="scratch">Threads.</param>
    /// <param name="gateUp">[T, 2I]: gate, then up.</param>
    /// <param name="inner">Output, [T, I].</param>
    /// <param name="tokens">T.</param>
    public void Invoke(StepScratch scratch, float[] gateUp, float[] inner, int tokens)
    {
        (this.gateUp, this.inner, this.tokens) = (gateUp, inner, tokens);
        parts = (long)tokens * width < WorthSharing ? 1 : Math.Min(MostParts, tokens);
        scratch.Pool.Run(this, parts);
    }

    public void Run(int part)
    {
        for (var t = tokens * part / parts; t < tokens * (part + 1) / parts; t++)
        {
            var row = gateUp.AsSpan(t * 2 * width, 2 * width);
            SiluMul.Invoke(row[..width], row[width..], inner.AsSpan(t * width, width));
        }
    }
}
