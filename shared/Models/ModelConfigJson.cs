using System.Buffers;
using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>Reads and writes <c>config.json</c>; refuses keys that would make our numbers silently differ from the author's.</summary>
internal sealed class ModelConfigJson
{
    private readonly string path;
    private readonly ConfigKeys keys;

    private ModelConfigJson(string path, JsonElement root)
    {
        this.path = path;
        keys = new ConfigKeys(path, root);
    }

    public static ModelConfig Parse(string path, byte[] json)
    {
        using var document = ModelFile.ParseJson(path, json);
        var config = new ModelConfigJson(path, document.RootElement).Read();
        ThrowIfImpossible(path, config);
        return config;
    }

    public static byte[] Write(ModelConfig config)
    {
        ThrowIfImpossible("config.json", config);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            Write(writer, config);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes <c>eos_token_id</c> as a number, a list or null, as Hugging Face does.</summary>
    public static void WriteTokenIds(Utf8JsonWriter writer, ModelConfig config)
    {
        WriteOptional(writer, "bos_token_id", config.BosTokenId);
        if (config.EosTokenIds.Count <= 1)
        {
            WriteOptional(writer, "eos_token_id", config.EosTokenIds.Count == 0 ? null : config.EosTokenIds[0]);
        }
        else
        {
            writer.WriteStartArray("eos_token_id");
            foreach (var id in config.EosTokenIds)
            {
                writer.WriteNumberValue(id);
            }

            writer.WriteEndArray();
        }

        WriteOptional(writer, "pad_token_id", config.PadTokenId);
    }

    private static void Write(Utf8JsonWriter writer, ModelConfig config)
    {
        writer.WriteStartObject();
        ModelFamily.Write(writer, config);
        writer.WriteNumber("vocab_size", config.VocabularySize);
        writer.WriteNumber("hidden_size", config.HiddenSize);
        writer.WriteNumber("intermediate_size", config.IntermediateSize);
        writer.WriteNumber("num_hidden_layers", config.LayerCount);
        writer.WriteNumber("num_attention_heads", config.HeadCount);
        writer.WriteNumber("num_key_value_heads", config.KvHeadCount);
        writer.WriteNumber("head_dim", config.HeadDim);
        writer.WriteString("hidden_act", "silu");
        writer.WriteNumber("max_position_embeddings", config.ContextLength);
        writer.WriteNumber("rms_norm_eps", config.RmsNormEpsilon);
        writer.WriteNumber("rope_theta", config.RopeTheta);
        if (config.RopeScaling is { } scaling)
        {
            RopeScalingJson.Write(writer, scaling);
        }
        else
        {
            writer.WriteNull("rope_scaling");
        }

        writer.WriteBoolean("tie_word_embeddings", config.TieWordEmbeddings);
        WriteTokenIds(writer, config);
        if (config.TorchDtype is not null)
        {
            writer.WriteString("torch_dtype", config.TorchDtype);
        }

        if (config.Quantization is { } quantization)
        {
            QuantizationConfigJson.Write(writer, quantization);
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string key, int? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(key, number);
        }
        else
        {
            writer.WriteNull(key);
        }
    }

    public static void ThrowIfImpossible(string path, ModelConfig config)
    {
        // The limits are far above any published model; they keep products of sizes inside 64 bits.
        InRange("vocab_size", config.VocabularySize, 1 << 24);
        InRange("hidden_size", config.HiddenSize, 1 << 18);
        InRange("intermediate_size", config.IntermediateSize, 1 << 20);
        InRange("num_hidden_layers", config.LayerCount, 1 << 12);
        InRange("num_attention_heads", config.HeadCount, 1 << 12);
        InRange("num_key_value_heads", config.KvHeadCount, config.HeadCount);
        InRange("head_dim", config.HeadDim, 1 << 12);
        InRange("max_position_embeddings", config.ContextLength, 1 << 28);
        Require(config.HeadCount % config.KvHeadCount == 0, $"{config.HeadCount} attention heads cannot share {config.KvHeadCount} key heads evenly.");
        Require(config.HeadDim % 2 == 0, $"head_dim {config.HeadDim} is odd; rotary positions turn pairs.");
        Require(config.RmsNormEpsilon is >= 0 and < 1, $"rms_norm_eps is {config.RmsNormEpsilon}.");
        Require(config.RopeTheta is > 0 and < double.PositiveInfinity, $"rope_theta is {config.RopeTheta}.");
        Refuse(ModelFamily.Refusal(config));
        Refuse(config.RopeScaling is { } scaling ? RopeScalingJson.Refusal(scaling) : null);
        if (config.Quantization is { } quantization)
        {
            foreach (var (name, shape) in WeightNames.All(config).Where(weight => quantization.Converts(weight.Name, weight.Shape)))
            {
                Refuse(quantization.Refusal(name, shape));
            }
        }

        foreach (var id in config.EosTokenIds.Append(config.BosTokenId ?? 0).Append(config.PadTokenId ?? 0))
        {
            Require(id >= 0 && id < config.VocabularySize, $"a special token has id {id}, outside the vocabulary of {config.VocabularySize}.");
        }

        void InRange(string key, int value, int most) => Require(value >= 1 && value <= most, $"{key} is {value}; it must be 1 to {most}.");

        void Refuse(string? refusal) => Require(refusal is null, refusal ?? "");

        void Require(bool holds, string reason)
        {
            if (!holds)
            {
                throw new InvalidModelException(path, reason);
            }
        }
    }

    private ModelConfig Read()
    {
        var type = ModelFamily.Check(keys.Text("model_type") ?? throw keys.Missing("model_type"), keys);
        RefuseOtherDecoders();
        var heads = keys.NeedInteger("num_attention_heads");
        var hidden = keys.NeedInteger("hidden_size");
        var headDim = keys.Integer("head_dim") ?? ModelFamily.DefaultHeadDim(type, keys);
        if (headDim is null && (heads < 1 || hidden % heads != 0))
        {
            throw keys.Invalid($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}.");
        }

        var (theta, scaling) = ReadRope();
        return ModelFamily.Read(new ModelConfig
        {
            ModelType = type,
            VocabularySize = keys.NeedInteger("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = keys.NeedInteger("intermediate_size"),
            LayerCount = keys.NeedInteger("num_hidden_layers"),
            HeadCount = heads,
            KvHeadCount = keys.Integer("num_key_value_heads") ?? ModelFamily.Default(type, keys, "num_key_value_heads", heads),
            HeadDim = headDim ?? hidden / heads,
            RmsNormEpsilon = (float)(keys.Number("rms_norm_eps") ?? 1e-6),
            RopeTheta = theta,
            RopeScaling = scaling,
            ContextLength = keys.Integer("max_position_embeddings") ?? ModelFamily.Default(type, keys, "max_position_embeddings", 2048),
            TieWordEmbeddings = keys.Flag("tie_word_embeddings"),
            BosTokenId = keys.Integer("bos_token_id"),
            EosTokenIds = ReadEndTokens(),
            PadTokenId = keys.Integer("pad_token_id"),
            TorchDtype = keys.Text("torch_dtype") ?? keys.Text("dtype"),
            Quantization = keys.Value("quantization_config") is { } quantization ? QuantizationConfigJson.Read(path, quantization) : null,
        }, keys);
    }

    private void RefuseOtherDecoders()
    {
        if (keys.Text("hidden_act") is { } activation and not "silu")
        {
            throw keys.Invalid($"hidden_act is '{activation}'; 'silu' is what can be run.");
        }

        if (keys.Number("partial_rotary_factor") is { } share and not 1)
        {
            throw keys.Invalid($"partial_rotary_factor is {share}; heads that are turned whole are what can be run.");
        }

        if (keys.Value("layer_types") is { ValueKind: JsonValueKind.Array } layers && layers.EnumerateArray().Any(layer => !(layer.ValueKind == JsonValueKind.String && layer.ValueEquals("full_attention"))))
        {
            throw keys.Invalid("layer_types holds a layer that is not 'full_attention', which is what can be run.");
        }
    }

    // Two spellings: rope_theta beside rope_scaling, and since transformers 5 both in rope_parameters.
    private (double Theta, RopeScaling? Scaling) ReadRope()
    {
        var (theta, scaling) = (keys.Number("rope_theta"), (RopeScaling?)null);
        foreach (var key in new[] { "rope_scaling", "rope_parameters" })
        {
            if (keys.Object(key) is { } rope)
            {
                scaling ??= RopeScalingJson.Read(rope);
                theta ??= rope.Number("rope_theta");
            }
        }

        return (theta ?? 10_000, scaling);
    }

    private List<int> ReadEndTokens()
    {
        if (keys.Value("eos_token_id") is not { ValueKind: JsonValueKind.Array } list)
        {
            return keys.Integer("eos_token_id") is { } id ? [id] : [];
        }

        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw keys.Invalid("eos_token_id holds something that is not a token id."))];
    }
}
