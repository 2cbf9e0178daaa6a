using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Runners;

/// <summary>What all matrix products of an engine share: the threads, and the activations in 8 bits.</summary>
internal sealed class StepScratch(int threads, int stepTokens, int mostInputs) : IDisposable
{
    public WorkerPool Pool { get; } = new(threads);

    public ActivationBlocks Activations { get; } = new(stepTokens, mostInputs);

    public void Dispose() => Pool.Dispose();
}
