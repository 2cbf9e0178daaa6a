namespace InternPlatform.Models;

/// <summary>Names of the weights of one layer.</summary>
/// <param name="QProj">Query projection, [HeadCount × HeadDim, HiddenSize].</param>
/// <param name="KProj">Key projection, [KvHeadCount × HeadDim, HiddenSize].</param>
/// <param name="VProj">Value projection, [KvHeadCount × HeadDim, HiddenSize].</param>
/// <param name="OProj">Attention output, [HiddenSize, HeadCount × HeadDim].</param>
/// <param name="GateProj">SwiGLU gate, [IntermediateSize, HiddenSize].</param>
/// <param name="UpProj">SwiGLU up, [IntermediateSize, HiddenSize].</param>
/// <param name="DownProj">SwiGLU down, [HiddenSize, IntermediateSize].</param>
/// <param name="InputNorm">RMSNorm gain before attention, [HiddenSize].</param>
/// <param name="PostAttentionNorm">RMSNorm gain before the SwiGLU, [HiddenSize].</param>
public sealed record LayerWeightNames(
    string QProj, string KProj, string VProj, string OProj, string GateProj, string UpProj, string DownProj, string InputNorm, string PostAttentionNorm)
{
    private const string Weight = "weight";

    /// <summary>RMSNorm gain of each query head, [HeadDim]; of models with <see cref="ModelConfig.QkNorm"/>.</summary>
    public string QNorm => QProj.Replace("q_proj", "q_norm", StringComparison.Ordinal);

    /// <summary>RMSNorm gain of each key head, [HeadDim]; of models with <see cref="ModelConfig.QkNorm"/>.</summary>
    public string KNorm => KProj.Replace("k_proj", "k_norm", StringComparison.Ordinal);

    /// <summary>Name of the bias, [out], of one of the projections; of models that have it there.</summary>
    /// <param name="projection">A name of this layer.</param>
    public static string Bias(string projection) => projection[..^Weight.Length] + "bias";
}

/// <summary>Hugging Face's names of a LLaMA-type model's weights. Matrices are [out, in].</summary>
public static class WeightNames
{
    /// <summary>Token embedding, [VocabularySize, HiddenSize].</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>Last RMSNorm gain, [HiddenSize].</summary>
    public const string FinalNorm = "model.norm.weight";

    /// <summary>Output matrix, [VocabularySize, HiddenSize]; not stored where it is tied to the embedding.</summary>
    public const string LmHead = "lm_head.weight";

    /// <summary>Names in layer <paramref name="index"/>, counted from 0.</summary>
    public static LayerWeightNames Layer(int index)
    {
        var layer = $"model.layers.{index}.";
        return new LayerWeightNames(
            layer + "self_attn.q_proj.weight", layer + "self_attn.k_proj.weight", layer + "self_attn.v_proj.weight", layer + "self_attn.o_proj.weight",
            layer + "mlp.gate_proj.weight", layer + "mlp.up_proj.weight", layer + "mlp.down_proj.weight",
            layer + "input_layernorm.weight", layer + "post_attention_layernorm.weight");
    }

    /// <summary>Every weight that a model of this configuration stores, with its shape.</summary>
    public static IEnumerable<(string Name, long[] Shape)> All(ModelConfig config)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        long queries = (long)config.HeadCount * config.HeadDim, keys = (long)config.KvHeadCount * config.HeadDim;
        yield return (Embedding, [config.VocabularySize, hidden]);
        for (var index = 0; index < config.LayerCount; index++)
        {
            var layer = Layer(index);
            yield return (layer.QProj, [queries, hidden]);
            yield return (layer.KProj, [keys, hidden]);
            yield return (layer.VProj, [keys, hidden]);
            yield return (layer.OProj, [hidden, queries]);
            yield return (layer.GateProj, [inner, hidden]);
            yield return (layer.UpProj, [inner, hidden]);
            yield return (layer.DownProj, [hidden, inner]);
            yield return (layer.InputNorm, [hidden]);
            yield return (layer.PostAttentionNorm, [hidden]);
            foreach (var optional in Optional(config, layer))
            {
                yield return optional;
            }
        }

        yield return (FinalNorm, [hidden]);
        if (!config.TieWordEmbeddings)
        {
            yield return (LmHead, [config.VocabularySize, hidden]);
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Optional(ModelConfig config, LayerWeightNames layer)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        long queries = (long)config.HeadCount * config.HeadDim, keys = (long)config.KvHeadCount * config.HeadDim;
        IEnumerable<(string Projection, long Outputs)> biased =
        [
            .. config.QkvBias ? [(layer.QProj, queries), (layer.KProj, keys), (layer.VProj, keys)] : Array.Empty<(string, long)>(),
            .. config.OutputBias ? [(layer.OProj, hidden)] : Array.Empty<(string, long)>(),
            .. config.MlpBias ? [(layer.GateProj, inner), (layer.UpProj, inner), (layer.DownProj, hidden)] : Array.Empty<(string, long)>(),
        ];
        foreach (var (projection, outputs) in biased)
        {
            yield return (LayerWeightNames.Bias(projection), [outputs]);
        }

        if (config.QkNorm)
        {
            yield return (layer.QNorm, [config.HeadDim]);
            yield return (layer.KNorm, [config.HeadDim]);
        }
    }
}
