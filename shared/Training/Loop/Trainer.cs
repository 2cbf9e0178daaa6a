using InternPlatform.Training.Data;
using InternPlatform.Training.Model;
using InternPlatform.Training.Optimization;
using static TorchSharp.torch;

namespace InternPlatform.Training.Loop;

/// <summary>The model with its optimizers, and one step of them.</summary>
internal sealed class Trainer : IDisposable
{
    private readonly PretrainOptions options;
    private readonly LossHead lossHead;

    public Trainer(PretrainOptions options, ScalarType computeType)
        : this(options, computeType, new Decoder(options, computeType))
    {
    }

    /// <param name="options">Optimizers and clipping.</param>
    /// <param name="computeType">Type of the matrix products.</param>
    /// <param name="decoder">Trained are its low-rank additions where it has them, else all of its weights. Owned from here on.</param>
    public Trainer(PretrainOptions options, ScalarType computeType, Decoder decoder)
    {
        this.options = options;
        Decoder = decoder;
        Trained = decoder.Lora?.All ?? decoder.Parameters.All;
        lossHead = new(Decoder);
        var matrices = decoder.Lora is null ? decoder.Parameters.Matrices : decoder.Lora.All;
        var muon = options.MatrixOptimizer == MatrixOptimizer.Muon;
        Muon = muon ? new(matrices, options, computeType) : null;
        Adams = [.. Trained.Where(group => !muon || !matrices.Contains(group))
            .Select(group => new AdamW(group, options, matrices.Contains(group) ? options.WeightDecay : 0))];
    }

    public Decoder Decoder { get; }

    /// <summary>What gradients are taken of, what optimizers change, and what checkpoints hold.</summary>
    public IReadOnlyList<ParameterGroup> Trained { get; }

    public Muon? Muon { get; }

    public IReadOnlyList<AdamW> Adams { get; }

    /// <summary>Optimizer updates so far; skipped steps are not counted.</summary>
    public long Updates { get; set; }

    /// <summary>Called with the gradients of each step before they are used; a test puts NaN there.</summary>
    public Action<Gradients>? AfterBackward { get; init; }

    /// <summary>One optimizer step over the micro-batches.</summary>
    /// <returns>Mean loss in nats per scored token, gradient norm before clipping, and what was not finite (then nothing changed).</returns>
    public StepOutcome Step(IReadOnlyList<Batch> batches, double factor)
    {
        using var scope = NewDisposeScope();
        using var gradients = new Gradients(Trained);
        var scored = Math.Max(1, batches.Sum(batch => batch.Scored));
        var loss = batches.Sum(batch => Backward(batch, gradients, 1.0 / scored)) / scored;
        AfterBackward?.Invoke(gradients);
        var norm = gradients.Norm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            return new(loss, norm, Decoder.FirstNonFinite(batches) ?? gradients.FirstNonFinite() ?? "loss");
        }

        if (options.ClipNorm > 0 && norm > options.ClipNorm)
        {
            gradients.Scale(options.ClipNorm / (norm + 1e-6));
        }

        Update(gradients, factor);
        return new(loss, norm, null);
    }

    /// <summary>Loss sum in nats over the scored tokens of a batch.</summary>
    public double LossSum(Batch batch)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return lossHead.Sum(Decoder.Forward(Decoder.Embed(tensor(batch.Ids)), batch).Hidden_RD, batch);
    }

    public void Dispose()
    {
        Muon?.Dispose();
        foreach (var adam in Adams)
        {
            adam.Dispose();
        }

        Decoder.Dispose();
    }

    /// <summary>Renews what the forward pass reads, after trained weights changed.</summary>
    public void Refresh()
    {
        foreach (var group in Trained)
        {
            group.Refresh();
        }
    }

    internal double Backward(Batch batch, Gradients gradients, double scale)
    {
        using var scope = NewDisposeScope();
        var parameters = Decoder.Parameters;
        var all = Decoder.Lora is null;
        ParameterGroup[] inner = [.. Trained.Where(group => group != parameters.Embedding && group != parameters.Head)];
        var ids = tensor(batch.Ids);
        var embedded = Decoder.Embed(ids);
        var (hidden, residual) = Decoder.Forward(embedded, batch);
        var (sum, atHidden, atLogitWeights) = lossHead.Backward(hidden, batch, scale, withWeights: all);

        // The residual gets its gradient of zero here: TorchSharp would make a tensor without a handle for a missing one, and never free it.
        var found = autograd.grad(
            [hidden, residual], [.. all ? (Tensor[])[embedded] : [], .. inner.SelectMany(group => group.Leaves)], [atHidden, zeros_like(residual)]);

        using var _ = no_grad();
        var at = all ? 1 : 0;
        foreach (var group in inner)
        {
            gradients.Add(group, stack(found.Skip(at).Take(group.Leaves.Count)).to(ScalarType.Float32));
            at += group.Leaves.Count;
        }

        if (atLogitWeights is not null)
        {
            var atEmbedding = parameters.Head is null ? atLogitWeights : zeros_like(atLogitWeights);
            gradients.Add(parameters.Embedding, atEmbedding.AccumulateRows(ids, found[0]).unsqueeze(0));
            if (parameters.Head is not null)
            {
                gradients.Add(parameters.Head, atLogitWeights.unsqueeze(0));
            }
        }

        return sum;
    }

    private void Update(Gradients gradients, double factor)
    {
        Updates++;
        Muon?.Update([.. Muon.Groups.Select(gradients.Of)], factor * options.MuonLearningRate);
        foreach (var adam in Adams)
        {
            adam.Update(gradients.Of(adam.Group), factor * options.AdamLearningRate, Updates);
        }

        Refresh();
    }
}

/// <summary>What one step did.</summary>
/// <param name="Loss">Nats per scored token.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="NonFinite">Null, or the layer or weight that was not finite.</param>
internal readonly record struct StepOutcome(double Loss, double GradientNorm, string? NonFinite);
