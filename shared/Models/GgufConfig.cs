namespace InternPlatform.Models;

/// <summary>
/// Between llama.cpp's metadata and our configuration. Which biases and norms a model has is not written there: its tensors say it.
/// </summary>
internal static class GgufConfig
{
    private const string Llama = "llama";
    private const string Tokens = "tokenizer.ggml.tokens";
    private static readonly string[] EndKinds = ["eos", "eot"];

    /// <summary>Whether llama.cpp's converter interleaves the rotary pairs of queries and keys for this architecture.</summary>
    public static bool IsInterleaved(string architecture) => architecture is Llama or ModelFamily.InternLm2;

    public static ModelConfig Read(GgufFile file)
    {
        var keys = new GgufKeys(file);
        var type = keys.Text("general.architecture") ?? throw keys.Missing("general.architecture");
        if (type is not (Llama or ModelFamily.InternLm2 or "qwen2" or "qwen3"))
        {
            throw keys.Invalid($"general.architecture is '{type}'; llama, internlm2, qwen2 and qwen3 are read.");
        }

        var heads = keys.NeedInteger(type + ".attention.head_count");
        var hidden = keys.NeedInteger(type + ".embedding_length");
        var config = new ModelConfig
        {
            VocabularySize = file.Metadata.GetValueOrDefault(Tokens) is string[] tokens ? tokens.Length : keys.NeedInteger(type + ".vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = keys.NeedInteger(type + ".feed_forward_length"),
            LayerCount = keys.NeedInteger(type + ".block_count"),
            HeadCount = heads,
            KvHeadCount = keys.Integer(type + ".attention.head_count_kv") ?? heads,
            HeadDim = keys.Integer(type + ".attention.key_length") ?? hidden / Math.Max(1, heads),
            RmsNormEpsilon = (float)keys.NeedNumber(type + ".attention.layer_norm_rms_epsilon"),
            RopeTheta = keys.Number(type + ".rope.freq_base") ?? 10_000,
            RopeScaling = ReadScaling(keys, type + ".rope."),
            ContextLength = keys.NeedInteger(type + ".context_length"),
            TieWordEmbeddings = !file.Tensors.ContainsKey(GgufNames.Output),
            BosTokenId = keys.Integer("tokenizer.ggml.bos_token_id"),
            EosTokenIds = [.. EndKinds.Select(kind => keys.Integer($"tokenizer.ggml.{kind}_token_id")).OfType<int>().Distinct()],
            PadTokenId = keys.Integer("tokenizer.ggml.padding_token_id"),
            TorchDtype = TorchDtypeOf(file),
        };
        RefuseOtherDecoders(keys, type, config, file);
        config = WithOptionalWeights(config with { ModelType = type }, file);
        ModelConfigJson.ThrowIfImpossible(file.Path, config);
        return config;
    }

    /// <summary>The metadata for a model with tensors as <see cref="IsInterleaved"/> says.</summary>
    /// <exception cref="ArgumentException">llama.cpp has no place for something of the model.</exception>
    public static List<(string Key, object Value)> Write(ModelConfig config)
    {
        var type = ArchitectureOf(config);
        List<(string Key, object Value)> metadata =
        [
            ("general.architecture", type),
            (type + ".vocab_size", (uint)config.VocabularySize),
            (type + ".context_length", (uint)config.ContextLength),
            (type + ".embedding_length", (uint)config.HiddenSize),
            (type + ".block_count", (uint)config.LayerCount),
            (type + ".feed_forward_length", (uint)config.IntermediateSize),
            (type + ".attention.head_count", (uint)config.HeadCount),
            (type + ".attention.head_count_kv", (uint)config.KvHeadCount),
            (type + ".attention.key_length", (uint)config.HeadDim),
            (type + ".attention.value_length", (uint)config.HeadDim),
            (type + ".attention.layer_norm_rms_epsilon", config.RmsNormEpsilon),
            (type + ".rope.dimension_count", (uint)config.HeadDim),
            (type + ".rope.freq_base", (float)config.RopeTheta),
        ];
        metadata.AddRange(WriteScaling(config, type + ".rope.scaling."));
        AddId("bos", config.BosTokenId);
        AddId("eos", config.EosTokenIds.Cast<int?>().FirstOrDefault());
        AddId("eot", config.EosTokenIds.Cast<int?>().ElementAtOrDefault(1));
        AddId("padding", config.PadTokenId);
        return metadata;

        void AddId(string kind, int? id)
        {
            if (id is { } number)
            {
                metadata.Add(($"tokenizer.ggml.{kind}_token_id", (uint)number));
            }
        }
    }

    /// <summary>llama.cpp's architecture for a model of ours: all that differ from LLaMA only by biases are "llama" there, too.</summary>
    public static string ArchitectureOf(ModelConfig config) => config.ModelType switch
    {
        "qwen2" => "qwen2",
        "qwen3" when !config.QkvBias => "qwen3",
        "qwen3" => throw new ArgumentException("llama.cpp reads no biases of a qwen3 model.", nameof(config)),
        _ => Llama,
    };

    private static ModelConfig WithOptionalWeights(ModelConfig config, GgufFile file)
    {
        var layer = WeightNames.Layer(0);
        config = config with
        {
            QkvBias = HasBias(layer.QProj),
            OutputBias = HasBias(layer.OProj),
            MlpBias = HasBias(layer.DownProj),
            QkNorm = file.Tensors.ContainsKey(GgufNames.Of(layer.QNorm)),
        };

        // InternLM3 is "llama" there, the only one of them whose biases may differ.
        return config.ModelType == Llama && config.QkvBias != config.OutputBias ? config with { ModelType = "internlm3" } : config;

        bool HasBias(string projection) => file.Tensors.ContainsKey(GgufNames.Of(LayerWeightNames.Bias(projection)));
    }

    private static void RefuseOtherDecoders(GgufKeys keys, string type, ModelConfig config, GgufFile file)
    {
        foreach (var key in new[] { ".attention.value_length", ".rope.dimension_count" })
        {
            if (keys.Integer(type + key) is { } size && size != config.HeadDim)
            {
                throw keys.Invalid($"'{type}{key}' is {size}; heads of one width ({config.HeadDim}) that are turned whole are what can be run.");
            }
        }

        if (keys.Integer(type + ".expert_count") is > 0)
        {
            throw keys.Invalid($"'{type}.expert_count' is not 0; models without experts are what can be run.");
        }

        if (keys.Integer(type + ".attention.sliding_window") is { } window && window < config.ContextLength)
        {
            throw keys.Invalid($"'{type}.attention.sliding_window' is {window}; attention to all positions is what can be run.");
        }

        if (file.Tensors.ContainsKey("rope_freqs.weight"))
        {
            throw keys.Invalid("there is a tensor 'rope_freqs.weight' (Llama 3.1's scaled positions), which is not read.");
        }
    }

    private static RopeScaling? ReadScaling(GgufKeys keys, string rope)
    {
        var kind = keys.Text(rope + "scaling.type") ?? (keys.Number(rope + "scale_linear") is { } scale and not 1 ? "linear" : "none");
        switch (kind)
        {
            case "none":
                return null;
            case "linear":
                return new() { Kind = RopeScalingKind.Linear, Factor = keys.Number(rope + "scaling.factor") ?? keys.NeedNumber(rope + "scale_linear") };
            case "yarn" when keys.Number(rope + "scaling.attn_factor") is null or 1:
                return new()
                {
                    Kind = RopeScalingKind.Yarn,
                    Factor = keys.NeedNumber(rope + "scaling.factor"),
                    OriginalContextLength = keys.Integer(rope + "scaling.original_context_length"),
                    BetaFast = keys.Number(rope + "scaling.yarn_beta_fast") ?? RopeScalingJson.DefaultBetaFast,
                    BetaSlow = keys.Number(rope + "scaling.yarn_beta_slow") ?? RopeScalingJson.DefaultBetaSlow,
                };
            default:
                throw keys.Invalid($"'{rope}scaling.type' is '{kind}'; none, linear, and yarn without a factor on attention are read.");
        }
    }

    private static IEnumerable<(string Key, object Value)> WriteScaling(ModelConfig config, string prefix)
    {
        switch (config.RopeScaling)
        {
            case null:
                return [];
            case { Kind: RopeScalingKind.Linear } linear:
                return [(prefix + "type", "linear"), (prefix + "factor", (float)linear.Factor)];
            case { Kind: RopeScalingKind.Yarn, AttentionFactor: null, BetaFast: RopeScalingJson.DefaultBetaFast, BetaSlow: RopeScalingJson.DefaultBetaSlow } yarn:
                return
                [
                    (prefix + "type", "yarn"), (prefix + "factor", (float)yarn.Factor),
                    (prefix + "original_context_length", (uint)(yarn.OriginalContextLength ?? config.ContextLength)),
                ];
            default:
                throw new ArgumentException($"GGUF has no place for rotary positions scaled by '{config.RopeScaling.Kind}' like this.", nameof(config));
        }
    }

    private static string? TorchDtypeOf(GgufFile file) => file.Tensors.GetValueOrDefault(GgufNames.Embedding)?.Type switch
    {
        GgufType.F32 => "float32",
        GgufType.F16 => "float16",
        GgufType.BF16 => "bfloat16",
        _ => null,
    };
}
