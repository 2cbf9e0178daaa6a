// Letters: B rows, T tokens in a row, D hidden, H query heads, K key/value heads, N head size, F intermediate, V vocabulary.
// Shape suffixes name the axes in order.
using InternPlatform.Training.Data;
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
    private readonly Tensor cos;
    private readonly Tensor sin;

    public Decoder(PretrainOptions options, ScalarType computeType)
    {
        this.options = options;
        ComputeType = computeType;
        Parameters = new(options, computeType);
        var table = new RotaryTable(options.SequenceLength, options.EffectiveHeadDim, options.RopeTheta);
        cos = tensor(table.Cos, [options.SequenceLength, table.Half]).DetachFromDisposeScope();
        sin = tensor(table.Sin, [options.SequenceLength, table.Half]).DetachFromDisposeScope();
    }

    public ScalarType ComputeType { get; }

    public DecoderParameters Parameters { get; }

    /// <summary>Embedded input, [B·T, D] float32: the start of the graph, itself a leaf.</summary>
    public Tensor Embed(Tensor ids_R)
    {
        using var _ = no_grad();
        return Parameters.Embedding.Master[0].index_select(0, ids_R).requires_grad_(true);
    }

    /// <summary>Hidden states after the last norm.</summary>
    /// <param name="embedded_RD">[B·T, D] float32, R = B·T.</param>
    /// <param name="batch">Positions and sample borders of the same rows.</param>
    /// <returns>[B·T, D] in the compute type, inside the caller's dispose scope.</returns>
    public Tensor Forward(Tensor embedded_RD, Batch batch) => ForwardWatched(embedded_RD, batch, null);

    private Tensor ForwardWatched(Tensor embedded_RD, Batch batch, Action<string, Tensor>? watch)
    {
        using var scope = NewDisposeScope();
        var positions = tensor(batch.Positions, ScalarType.Int64);
        var (cos_RN, sin_RN) = (OfRows(cos, positions, batch), OfRows(sin, positions, batch));
        var mask_B1TT = AttentionMask.Of(batch, options.MaskAcrossSamples, ComputeType);
        var x_RD = embedded_RD;
        watch?.Invoke("model.embed_tokens", x_RD);
        for (var layer = 0; layer < options.LayerCount; layer++)
        {
            x_RD = x_RD + Attention(Normalise(x_RD, Parameters.InputNorm.Leaves[layer]), layer, batch, cos_RN, sin_RN, mask_B1TT);
            watch?.Invoke($"model.layers.{layer}.self_attn", x_RD);
            x_RD = x_RD + Mlp(Normalise(x_RD, Parameters.MlpNorm.Leaves[layer]), layer);
            watch?.Invoke($"model.layers.{layer}.mlp", x_RD);
        }

        return Normalise(x_RD, Parameters.FinalNorm.Leaves[0]).MoveToOuterDisposeScope();
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
        Parameters.Dispose();
        cos.Dispose();
        sin.Dispose();
    }

    private Tensor OfRows(Tensor table, Tensor positions, Batch batch) =>
        table.index_select(0, positions).view(batch.Rows, batch.Length, 1, options.EffectiveHeadDim / 2);

    private Tensor Normalise(Tensor x_RD, Tensor gain_D) =>
        (x_RD * x_RD.square().mean([1], keepdim: true).add(options.RmsNormEpsilon).rsqrt() * gain_D).to(ComputeType);

    private Tensor Attention(Tensor x_RD, int layer, Batch batch, Tensor cos, Tensor sin, Tensor? mask_B1TT)
    {
        long b = batch.Rows, t = batch.Length, h = options.HeadCount, k = options.KvHeadCount, n = options.EffectiveHeadDim;
        var qkv = x_RD.matmul(Parameters.Qkv.Leaves[layer].t()).view(b, t, h + (2 * k), n);
        var rotated = Rotate(qkv.narrow(2, 0, h + k), cos, sin);
        var q_BHTN = rotated.narrow(2, 0, h).transpose(1, 2);
        var k_BHTN = Repeat(rotated.narrow(2, h, k), h / k);
        var v_BHTN = Repeat(qkv.narrow(2, h + k, k), h / k);
        var mixed = nn.functional.scaled_dot_product_attention(q_BHTN, k_BHTN, v_BHTN, mask_B1TT, 0, mask_B1TT is null);
        return mixed.transpose(1, 2).reshape(b * t, h * n).matmul(Parameters.Output.Leaves[layer].t()).to(ScalarType.Float32);
    }

    // [B, T, heads, N] · cos, sin [B, T, 1, N/2]: (x1, x2) becomes (x1·cos − x2·sin, x2·cos + x1·sin).
    private static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        var halves = x.chunk(2, -1);
        return cat([(halves[0] * cos) - (halves[1] * sin), (halves[1] * cos) + (halves[0] * sin)], -1).to(x.dtype);
    }

    private static Tensor Repeat(Tensor x_BTKN, long times)
    {
        var (b, t, k, n) = (x_BTKN.shape[0], x_BTKN.shape[1], x_BTKN.shape[2], x_BTKN.shape[3]);
        return x_BTKN.transpose(1, 2).unsqueeze(2).expand(b, k, times, t, n).reshape(b, k * times, t, n);
    }

    private Tensor Mlp(Tensor x_RD, int layer)
    {
        var gateUp = x_RD.matmul(Parameters.GateUp.Leaves[layer].t()).chunk(2, -1);
        return nn.functional.silu(gateUp[0]).mul(gateUp[1]).matmul(Parameters.Down.Leaves[layer].t()).to(ScalarType.Float32);
    }
}
