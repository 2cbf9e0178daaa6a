using System.Globalization;
using InternPlatform.Models;
using InternPlatform.Training.Model.Functions;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model;

/// <summary>All weights of the decoder. V vocabulary, D hidden, F intermediate, L layers, H query heads, K key/value heads, N head size.</summary>
internal sealed class DecoderParameters : IDisposable
{
    /// <summary>First weights: matrices N(0, 1/D), those that write to the residual stream divided by √(2L), embedding N(0, .02²), norms 1.</summary>
    public DecoderParameters(PretrainOptions options, ScalarType computeType)
        : this(options, computeType, null, frozen: false)
    {
    }

    /// <summary>The weights of a model folder of the same shape, or first weights where there is none.</summary>
    public DecoderParameters(PretrainOptions options, ScalarType computeType, ModelFolder? model, bool frozen)
    {
        var (d, f, l, v) = ((long)options.HiddenSize, (long)options.IntermediateSize, (long)options.LayerCount, (long)options.VocabularySize);
        long n = options.EffectiveHeadDim, q = options.HeadCount * n, kv = options.KvHeadCount * n;
        var random = SplitMix.For(options.Seed, 0);
        var inner = 1 / Math.Sqrt(d);
        var residual = inner / Math.Sqrt(2 * l);

        Embedding = Matrix("embedding", .02, [1, v, d], [new("model.embed_tokens.weight", 0, v)]);
        Qkv = Matrix("qkv", inner, [l, q + (2 * kv), d],
            [new("model.layers.{0}.self_attn.q_proj.weight", 0, q), new("model.layers.{0}.self_attn.k_proj.weight", q, kv), new("model.layers.{0}.self_attn.v_proj.weight", q + kv, kv)]);
        Output = Matrix("attention_output", residual, [l, d, q], [new("model.layers.{0}.self_attn.o_proj.weight", 0, d)]);
        GateUp = Matrix("gate_up", inner, [l, 2 * f, d],
            [new("model.layers.{0}.mlp.gate_proj.weight", 0, f), new("model.layers.{0}.mlp.up_proj.weight", f, f)]);
        Down = Matrix("down", residual, [l, d, f], [new("model.layers.{0}.mlp.down_proj.weight", 0, d)]);
        InputNorm = Gains("input_norm", [l, d], "model.layers.{0}.input_layernorm.weight");
        MlpNorm = Gains("mlp_norm", [l, d], "model.layers.{0}.post_attention_layernorm.weight");
        FinalNorm = Gains("final_norm", [1, d], "model.norm.weight");
        Head = options.TieWordEmbeddings ? null : Matrix("head", inner, [1, v, d], [new("lm_head.weight", 0, v)]);

        ParameterGroup Matrix(string name, double deviation, long[] shape, MatrixSlice[] slices) =>
            new(name, model is null ? Normal(ref random, deviation, shape) : Read(model, shape, slices), computeType, slices, frozen);

        ParameterGroup Gains(string name, long[] shape, string weight)
        {
            MatrixSlice[] slices = [new(weight, 0, shape[1])];
            return new(name, model is null ? ones(shape) : Read(model, shape, slices), ScalarType.Float32, slices, frozen);
        }
    }

    /// <summary>[1, V, D].</summary>
    public ParameterGroup Embedding { get; }

    /// <summary>[L, (H + 2K)·N, D]: queries, then keys, then values.</summary>
    public ParameterGroup Qkv { get; }

    /// <summary>[L, D, H·N].</summary>
    public ParameterGroup Output { get; }

    /// <summary>[L, 2F, D]: gate, then up.</summary>
    public ParameterGroup GateUp { get; }

    /// <summary>[L, D, F].</summary>
    public ParameterGroup Down { get; }

    /// <summary>[L, D].</summary>
    public ParameterGroup InputNorm { get; }

    /// <summary>[L, D].</summary>
    public ParameterGroup MlpNorm { get; }

    /// <summary>[1, D].</summary>
    public ParameterGroup FinalNorm { get; }

    /// <summary>[1, V, D]; null when tied to the embedding.</summary>
    public ParameterGroup? Head { get; }

    /// <summary>The matrix that turns hidden states into logits.</summary>
    public ParameterGroup LogitWeights => Head ?? Embedding;

    /// <summary>What Muon updates.</summary>
    public IReadOnlyList<ParameterGroup> Matrices => [Qkv, Output, GateUp, Down];

    /// <summary>All groups in a fixed order: that of checkpoints and of the weights' hash.</summary>
    public IReadOnlyList<ParameterGroup> All => [Embedding, .. Matrices, InputNorm, MlpNorm, FinalNorm, .. Head is null ? Array.Empty<ParameterGroup>() : [Head]];

    /// <summary>Renews what the forward pass reads, after the masters changed.</summary>
    public void Refresh()
    {
        foreach (var group in All)
        {
            group.Refresh();
        }
    }

    public void Dispose()
    {
        foreach (var group in All)
        {
            group.Dispose();
        }
    }

    private static Tensor Read(ModelFolder model, long[] shape, MatrixSlice[] slices)
    {
        var values = empty(shape, ScalarType.Float32);
        var columns = shape.Length == 2 ? 1 : shape[2];
        for (var layer = 0; layer < shape[0]; layer++)
        {
            foreach (var slice in slices)
            {
                var at = checked((int)(((layer * shape[1]) + slice.Start) * columns));
                model.ReadFloats(string.Format(CultureInfo.InvariantCulture, slice.NameFormat, layer)).CopyTo(values.Singles()[at..]);
            }
        }

        return values;
    }

    private static Tensor Normal(ref SplitMix random, double deviation, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.Normal() * deviation);
        }

        return tensor(values, shape);
    }
}
