using InternPlatform.Training.Model;
using static TorchSharp.torch;

namespace InternPlatform.Training.Optimization;

/// <summary>Adam with decoupled weight decay (Loshchilov, Hutter 2019): p −= lr · (m̂ / (√v̂ + ε) + decay · p).</summary>
internal sealed class AdamW(ParameterGroup group, PretrainOptions options, double weightDecay) : IDisposable
{
    /// <summary>m, shape of the group.</summary>
    public Tensor FirstMoment { get; } = zeros_like(group.Master).DetachFromDisposeScope();

    /// <summary>v, shape of the group.</summary>
    public Tensor SecondMoment { get; } = zeros_like(group.Master).DetachFromDisposeScope();

    public ParameterGroup Group => group;

    /// <param name="gradient">float32, shape of the group.</param>
    /// <param name="learningRate">In force at this step.</param>
    /// <param name="updates">How many updates there were, this one included.</param>
    public void Update(Tensor gradient, double learningRate, long updates)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        FirstMoment.ScaleBy(options.AdamBeta1).Accumulate(gradient, 1 - options.AdamBeta1);
        SecondMoment.ScaleBy(options.AdamBeta2).AccumulateProduct(gradient, gradient, 1 - options.AdamBeta2);
        var correction1 = 1 - Math.Pow(options.AdamBeta1, updates);
        var correction2 = 1 - Math.Pow(options.AdamBeta2, updates);
        var denominator = SecondMoment.sqrt().ScaleBy(1 / Math.Sqrt(correction2)).Raise(options.AdamEpsilon);
        if (weightDecay > 0)
        {
            group.Master.ScaleBy(1 - (learningRate * weightDecay));
        }

        group.Master.AccumulateQuotient(FirstMoment, denominator, -learningRate / correction1);
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
