using InternPlatform.Training.Model;
using InternPlatform.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace InternPlatform.Training.Loop;

/// <summary>Float32 gradients of every parameter group, added over the micro-batches of one step.</summary>
internal sealed class Gradients : IDisposable
{
    private readonly IReadOnlyList<ParameterGroup> groups;
    private readonly Tensor?[] sums;

    public Gradients(IReadOnlyList<ParameterGroup> groups)
    {
        this.groups = groups;
        sums = new Tensor?[groups.Count];
    }

    public Tensor Of(ParameterGroup group) => sums[Index(group)] ?? throw new InvalidOperationException($"No gradient for {group.Name}.");

    /// <summary>Adds one micro-batch's gradient; takes ownership of it.</summary>
    public void Add(ParameterGroup group, Tensor gradient)
    {
        ref var sum = ref sums[Index(group)];
        if (sum is null)
        {
            sum = gradient.DetachFromDisposeScope();
            return;
        }

        sum.Accumulate(gradient, 1);
        gradient.Dispose();
    }

    /// <summary>Square root of the sum of all squares; not finite if any gradient is not.</summary>
    public double Norm()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return Math.Sqrt(sums.Sum(sum => Math.Pow(sum!.norm().ToSingle(), 2)));
    }

    public void Scale(double factor)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var sum in sums)
        {
            sum!.ScaleBy(factor);
        }
    }

    /// <summary>
    /// The weight where non-finite gradients began, by its model-folder name; null when all are finite. Gradients flow from the last layer to
    /// the first, so that is the highest layer that has one.
    /// </summary>
    public string? FirstNonFinite()
    {
        using var scope = NewDisposeScope();
        for (var layer = groups.Max(group => group.Leaves.Count) - 1; layer >= 0; layer--)
        {
            foreach (var group in groups.Reverse().Where(group => layer < group.Leaves.Count))
            {
                var culprit = group.Slices.FirstOrDefault(slice => !IsFinite(Of(group)[layer].narrow(0, slice.Start, slice.Count)));
                if (culprit is not null)
                {
                    return string.Format(System.Globalization.CultureInfo.InvariantCulture, culprit.NameFormat, layer);
                }
            }
        }

        return null;
    }

    /// <summary>Puts one number into the gradient of a weight, by its model-folder name: for tests of what follows.</summary>
    internal void Spoil(string name, float value)
    {
        using var scope = NewDisposeScope();
        foreach (var group in groups)
        {
            foreach (var slice in group.Slices)
            {
                for (var layer = 0; layer < group.Leaves.Count; layer++)
                {
                    if (string.Format(System.Globalization.CultureInfo.InvariantCulture, slice.NameFormat, layer) == name)
                    {
                        Of(group)[layer].narrow(0, slice.Start, 1).fill_(value);
                    }
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var sum in sums)
        {
            sum?.Dispose();
        }
    }

    private static bool IsFinite(Tensor values) => values.isfinite().all().ToBoolean();

    private int Index(ParameterGroup group)
    {
        for (var i = 0; i < groups.Count; i++)
        {
            if (ReferenceEquals(groups[i], group))
            {
                return i;
            }
        }

        throw new ArgumentException($"{group.Name} is not a group of this model.", nameof(group));
    }
}
