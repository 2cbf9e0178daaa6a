using InternPlatform.Training.Model;
using static TorchSharp.torch;

namespace InternPlatform.Training.Optimization;

/// <summary>
/// Muon (Jordan et al. 2024): Nesterov momentum, then the nearest (semi-)orthogonal matrix by five quintic Newton-Schulz steps.
/// Matrices of the same shape, of all layers and kinds, are orthogonalised in one batched product.
/// </summary>
internal sealed class Muon : IDisposable
{
    private readonly PretrainOptions options;
    private readonly ScalarType computeType;
    private readonly IReadOnlyList<ParameterGroup> groups;
    private readonly IReadOnlyList<IReadOnlyList<Target>> buckets;

    private readonly record struct Target(int Group, MatrixSlice Slice, bool Transposed, double Factor);

    public Muon(IReadOnlyList<ParameterGroup> groups, PretrainOptions options, ScalarType computeType)
    {
        (this.groups, this.options, this.computeType) = (groups, options, computeType);
        Momentum = [.. groups.Select(group => zeros_like(group.Master).DetachFromDisposeScope())];
        buckets = [.. groups
            .SelectMany((group, index) => group.Slices.Select(slice => (index, slice, columns: group.Master.shape[2])))
            .GroupBy(m => (Math.Min(m.slice.Count, m.columns), Math.Max(m.slice.Count, m.columns)))
            .Select(bucket => bucket.Select(m => new Target(
                m.index, m.slice, m.slice.Count > m.columns, Math.Sqrt(Math.Max(1, (double)m.slice.Count / m.columns)))).ToArray())];
    }

    /// <summary>One per group, its shape.</summary>
    public IReadOnlyList<Tensor> Momentum { get; }

    public IReadOnlyList<ParameterGroup> Groups => groups;

    /// <param name="gradients">float32, one per group, in order.</param>
    /// <param name="learningRate">In force at this step.</param>
    public void Update(IReadOnlyList<Tensor> gradients, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var directions = new Tensor[groups.Count];
        for (var g = 0; g < groups.Count; g++)
        {
            Momentum[g].ScaleBy(options.MuonMomentum).Accumulate(gradients[g], 1 - options.MuonMomentum);
            directions[g] = gradients[g].clone().ScaleBy(1 - options.MuonMomentum).Accumulate(Momentum[g], options.MuonMomentum);
            groups[g].Master.ScaleBy(1 - (learningRate * options.WeightDecay));
        }

        foreach (var bucket in buckets)
        {
            Apply(bucket, directions, learningRate);
        }
    }

    public void Dispose()
    {
        foreach (var momentum in Momentum)
        {
            momentum.Dispose();
        }
    }

    /// <summary>Drives the singular values of each matrix towards 1.</summary>
    /// <param name="batch">[n, rows, columns], rows ≤ columns.</param>
    /// <param name="steps">Newton-Schulz iterations.</param>
    /// <returns>Same shape; singular values between about .7 and 1.2 after five steps.</returns>
    internal static Tensor Orthogonalise(Tensor batch, int steps)
    {
        const double a = 3.4445, b = -4.7750, c = 2.0315;
        var x = batch / (batch * batch).sum([1, 2], true, ScalarType.Float32).sqrt().Raise(1e-7).to(batch.dtype);
        for (var i = 0; i < steps; i++)
        {
            var gram = x.bmm(x.mT);
            // TorchSharp's baddbmm mixes up its operands (0.107), hence products and sums apart.
            var polynomial = gram.bmm(gram).ScaleBy(c).Accumulate(gram, b);
            x = polynomial.bmm(x).Accumulate(x, a);
        }

        return x;
    }

    private void Apply(IReadOnlyList<Target> bucket, Tensor[] directions, double learningRate)
    {
        using var scope = NewDisposeScope();
        var parts = bucket.Select(target =>
        {
            var rows = directions[target.Group].narrow(1, target.Slice.Start, target.Slice.Count);
            return (target.Transposed ? rows.mT : rows).to(computeType);
        }).ToArray();
        var updates = Orthogonalise(cat(parts), options.NewtonSchulzSteps);
        var at = 0L;
        for (var i = 0; i < bucket.Count; i++)
        {
            var update = updates.narrow(0, at, parts[i].shape[0]);
            at += parts[i].shape[0];
            groups[bucket[i].Group].Master.narrow(1, bucket[i].Slice.Start, bucket[i].Slice.Count)
                .Accumulate(bucket[i].Transposed ? update.mT : update, -learningRate * bucket[i].Factor);
        }
    }
}
