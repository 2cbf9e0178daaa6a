using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>
/// The same weight of all layers in one tensor: one cast, one optimizer operation, one file entry instead of L of each.
/// </summary>
/// <remarks>
/// <see cref="Master"/> is float32 and is what optimizers change. The forward pass reads <see cref="Leaves"/>, one per layer: views of the master,
/// or of a bf16 copy that <see cref="Refresh"/> renews once per step.
/// </remarks>
internal sealed class ParameterGroup : IDisposable
{
    private readonly Tensor working;

    /// <param name="name">Name inside checkpoints.</param>
    /// <param name="master">[L, …] float32; owned by this group from here on.</param>
    /// <param name="computeType">Type of the leaves.</param>
    /// <param name="slices">Parts of the second axis that are matrices of their own, with their Hugging Face names ({0} is the layer).</param>
    /// <param name="frozen">Whether the weights stay as they are: no graph is kept for them.</param>
    public ParameterGroup(string name, Tensor master, ScalarType computeType, IReadOnlyList<MatrixSlice> slices, bool frozen = false)
    {
        Name = name;
        Master = master.DetachFromDisposeScope();
        Slices = slices;
        working = computeType == ScalarType.Float32 ? Master : Master.to(computeType).DetachFromDisposeScope();
        Leaves = [.. Enumerable.Range(0, (int)master.shape[0]).Select(layer => working[layer].detach().requires_grad_(!frozen).DetachFromDisposeScope())];
    }

    public string Name { get; }

    public Tensor Master { get; }

    /// <summary>One per layer, requiring gradients unless frozen, sharing memory with the working copy.</summary>
    public IReadOnlyList<Tensor> Leaves { get; }

    public IReadOnlyList<MatrixSlice> Slices { get; }

    /// <summary>Copies the master into the working copy.</summary>
    public void Refresh()
    {
        if (!ReferenceEquals(working, Master))
        {
            using var _ = no_grad();
            working.copy_(Master);
        }
    }

    public void Dispose()
    {
        foreach (var leaf in Leaves)
        {
            leaf.Dispose();
        }

        if (!ReferenceEquals(working, Master))
        {
            working.Dispose();
        }

        Master.Dispose();
    }
}

/// <summary>Rows <c>Start … Start + Count − 1</c> of every layer of a group, and what the matrix is called in a model folder.</summary>
internal sealed record MatrixSlice(string NameFormat, long Start, long Count);
