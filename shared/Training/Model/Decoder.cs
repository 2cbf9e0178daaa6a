// Letters: B rows, T tokens in a row, D hidden, H query heads, K key/value heads, N head size, F intermediate, V vocabulary.
// Shape suffixes name the axes in order.
using InternPlatform.Training.Data;
using InternPlatform.Training.Model.Functions;
using TorchSharp;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>
/// A LLaMA-type decoder: RMSNorm (Zhang, Sennrich 2019), rotary positions (Su et al. 2021; half-split pairs as Hugging Face), grouped-query
/// attention (Ainslie et al. 2023), SwiGLU (Shazeer 2020).
/// </summary>
internal sealed class Decoder : IDisposable
{
    private readonly PretrainOptions options;
    private readonly RotaryTable table;

    public Decoder(PretrainOptions options, ScalarType computeType)
        : this(options, computeType, new(options, computeType), null)
    {
    }

    /// <param name="options">The model's shape.</param>
    /// <param name="computeType">Type of the matrix products.</param>
    /// <param name="parameters">Its weights; owned by the decoder from here on.</param>
    /// <param name="lora">Low-rank additions to its matrices, or null; owned too.</param>
    public Decoder(PretrainOptions options, ScalarType computeType, DecoderParameters parameters, LoraParameters? lora)
    {
        this.options = options;
        ComputeType = computeType;
        Parameters = parameters;
        Lora = lora;
        table = new(options.SequenceLength, options.EffectiveHeadDim, options.RopeTheta);
    }

    public ScalarType ComputeType { get; }

    public DecoderParameters Parameters { get; }

    public LoraParameters? Lora { get; }

    /// <summary>Embedded input, [B·T, D] float32: the start of the graph, itself a leaf.</summary>
    public Tensor Embed(Tensor ids_R)
    {
        using var _ = no_grad();
        return Parameters.Embedding.Master[0].index_select(0, ids_R).requires_grad_(true);
    }

    /// <summary>Hidden states after the last norm.</summary>
    /// <param name="embedded_RD">[B·T, D] float32, R = B·T.</param>
    /// <param name="batch">Positions and sample borders of the same rows.</param>
    /// <returns>
    /// Hidden states, [B·T, D] in the compute type, and the residual stream they were normed from, float32; both inside the caller's dispose scope.
    /// </returns>
    public (Tensor Hidden_RD, Tensor Residual_RD) Forward(Tensor embedded_RD, Batch batch) => ForwardWatched(embedded_RD, batch, null);

    private (Tensor Hidden_RD, Tensor Residual_RD) ForwardWatched(Tensor embedded_RD, Batch batch, Action<string, Tensor>? watch)
    {
        using var scope = NewDisposeScope();
        var rotary = new RotaryShape(
            batch.Rows, batch.Length, options.HeadCount, options.KvHeadCount, options.EffectiveHeadDim, batch.Positions, table);
        var mask_B1TT = AttentionMask.Of(batch, options.MaskAcrossSamples, ComputeType);
        watch?.Invoke("model.embed_tokens", embedded_RD);
        var (x_RD, delta_RD, normed_RD) = (embedded_RD, zeros(embedded_RD.shape, ComputeType), (Tensor?)null);
        for (var layer = 0; layer < options.LayerCount; layer++)
        {
            (x_RD, normed_RD) = AddAndNormalise(x_RD, delta_RD, Parameters.InputNorm.Leaves[layer]);
            delta_RD = Attention(normed_RD, layer, rotary, mask_B1TT);
            watch?.Invoke($"model.layers.{layer}.self_attn", delta_RD);
            (x_RD, normed_RD) = AddAndNormalise(x_RD, delta_RD, Parameters.MlpNorm.Leaves[layer]);
            delta_RD = Mlp(normed_RD, layer);
            watch?.Invoke($"model.layers.{layer}.mlp", delta_RD);
        }

        (x_RD, normed_RD) = AddAndNormalise(x_RD, delta_RD, Parameters.FinalNorm.Leaves[0]);
        return (normed_RD.MoveToOuterDisposeScope(), x_RD.MoveToOuterDisposeScope());
    }

    /// <summary>Logits of some hidden states, [rows, V] in the compute type; outside the graph.</summary>
    public Tensor Logits(Tensor hidden)
    {
        using var _ = no_grad();
        return hidden.detach().matmul(Parameters.LogitWeights.Leaves[0].t());
    }

    /// <summary>The first part of the model whose output is not finite, or null. Walks the forward pass again: only after a failed step.</summary>
    public string? FirstNonFinite(IReadOnlyList<Batch> batches)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        string? found = null;
        foreach (var batch in batches)
        {
            ForwardWatched(Embed(tensor(batch.Ids)), batch, (name, values) => found ??= values.isfinite().all().ToBoolean() ? null : name);
        }

        return found;
    }

    public void Dispose()
    {
        Lora?.Dispose();
        Parameters.Dispose();
    }

    private (Tensor Sum, Tensor Normed) AddAndNormalise(Tensor x_RD, Tensor delta_RD, Tensor gain_D) =>
        AddRmsNormFunction.apply(x_RD, delta_RD, gain_D, options.RmsNormEpsilon) is [var sum, var normed]
            ? (sum, normed)
            : throw new InvalidOperationException("A norm has two outputs.");

    private Tensor Attention(Tensor x_RD, int layer, RotaryShape rotary, Tensor? mask_B1TT)
    {
        var qkv_3BHTN = RotaryFunction.apply(Linear(x_RD, Parameters.Qkv, layer), rotary).unbind(0);
        var mixed_BHTN = nn.functional.scaled_dot_product_attention(qkv_3BHTN[0], qkv_3BHTN[1], qkv_3BHTN[2], mask_B1TT, 0, mask_B1TT is null);
        return Linear(mixed_BHTN.transpose(1, 2).reshape(x_RD.shape[0], -1), Parameters.Output, layer);
    }

    private Tensor Mlp(Tensor x_RD, int layer) =>
        Linear(SwiGluFunction.apply(Linear(x_RD, Parameters.GateUp, layer)), Parameters.Down, layer);

    /// <summary>x · Wᵀ, with the low-rank addition where there is one.</summary>
    private Tensor Linear(Tensor x, ParameterGroup matrix, int layer)
    {
        if (Lora is null)
        {
            return x.matmul(matrix.Leaves[layer].t());
        }

        var added = Lora.Of(matrix);
        return LoraLinearFunction.apply(
            x, added.A.Leaves[layer], added.B.Leaves[layer], new LoraLinear(matrix.Leaves[layer], matrix.Slices, Lora.Rank, Lora.Scale));
    }
}
