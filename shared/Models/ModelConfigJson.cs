using System.Buffers;
using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>Reads and writes <c>config.json</c>; refuses keys that would make our numbers silently differ from the author's.</summary>
internal sealed class ModelConfigJson
{
    private readonly string path;
    private readonly JsonElement root;

    private ModelConfigJson(string path, JsonElement root)
    {
        this.path = path;
        this.root = root;
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
        writer.WriteStartArray("architectures");
        writer.WriteStringValue("LlamaForCausalLM");
        writer.WriteEndArray();
        writer.WriteString("model_type", config.ModelType);
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
        writer.WriteNull("rope_scaling");
        writer.WriteBoolean("attention_bias", false);
        writer.WriteBoolean("mlp_bias", false);
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

    private static void ThrowIfImpossible(string path, ModelConfig config)
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
        if (config.Quantization is { } quantization)
        {
            foreach (var (name, shape) in WeightNames.All(config).Where(weight => quantization.Converts(weight.Name, weight.Shape)))
            {
                var refusal = quantization.Refusal(name, shape);
                Require(refusal is null, refusal ?? "");
            }
        }

        foreach (var id in config.EosTokenIds.Append(config.BosTokenId ?? 0).Append(config.PadTokenId ?? 0))
        {
            Require(id >= 0 && id < config.VocabularySize, $"a special token has id {id}, outside the vocabulary of {config.VocabularySize}.");
        }

        void InRange(string key, int value, int most) => Require(value >= 1 && value <= most, $"{key} is {value}; it must be 1 to {most}.");

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
        RefuseOtherArchitectures();
        var heads = Integer("num_attention_heads") ?? throw Missing("num_attention_heads");
        var hidden = Integer("hidden_size") ?? throw Missing("hidden_size");
        var headDim = Integer("head_dim");
        if (headDim is null && (heads < 1 || hidden % heads != 0))
        {
            throw Invalid($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}.");
        }

        return new ModelConfig
        {
            VocabularySize = Integer("vocab_size") ?? throw Missing("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = Integer("intermediate_size") ?? throw Missing("intermediate_size"),
            LayerCount = Integer("num_hidden_layers") ?? throw Missing("num_hidden_layers"),
            HeadCount = heads,
            KvHeadCount = Integer("num_key_value_heads") ?? heads,
            HeadDim = headDim ?? hidden / heads,
            RmsNormEpsilon = (float)(Number(root, "rms_norm_eps") ?? 1e-6),
            RopeTheta = ReadRopeTheta(),
            ContextLength = Integer("max_position_embeddings") ?? 2048,
            TieWordEmbeddings = Flag("tie_word_embeddings"),
            BosTokenId = Integer("bos_token_id"),
            EosTokenIds = ReadEndTokens(),
            PadTokenId = Integer("pad_token_id"),
            TorchDtype = Text("torch_dtype") ?? Text("dtype"),
            Quantization = Value(root, "quantization_config") is { } quantization ? QuantizationConfigJson.Read(path, quantization) : null,
        };
    }

    private void RefuseOtherArchitectures()
    {
        var type = Text("model_type") ?? throw Missing("model_type");
        if (type != "llama")
        {
            throw Invalid($"model_type is '{type}'; 'llama' is what can be run.");
        }

        if (Text("hidden_act") is { } activation and not "silu")
        {
            throw Invalid($"hidden_act is '{activation}'; 'silu' is what can be run.");
        }

        foreach (var bias in new[] { "attention_bias", "mlp_bias" })
        {
            if (Flag(bias))
            {
                throw Invalid($"{bias} is true; models without bias are what can be run.");
            }
        }
    }

    // Two spellings: rope_theta beside rope_scaling, and since transformers 5 both in rope_parameters.
    private double ReadRopeTheta()
    {
        var theta = Number(root, "rope_theta");
        foreach (var key in new[] { "rope_scaling", "rope_parameters" })
        {
            if (Value(root, key) is not { } scaling)
            {
                continue;
            }

            var kind = scaling.ValueKind == JsonValueKind.Object ? Value(scaling, "rope_type") ?? Value(scaling, "type") : scaling;
            if (kind is { } named && !(named.ValueKind == JsonValueKind.String && named.ValueEquals("default")))
            {
                throw Invalid($"{key} is {scaling.GetRawText()}; unscaled rotary positions are what can be run.");
            }

            theta ??= Number(scaling, "rope_theta");
        }

        return theta ?? 10_000;
    }

    private List<int> ReadEndTokens()
    {
        if (Value(root, "eos_token_id") is not { ValueKind: JsonValueKind.Array } list)
        {
            return Integer("eos_token_id") is { } id ? [id] : [];
        }

        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) ? id : throw Invalid("eos_token_id holds something that is not a token id."))];
    }

    private static JsonElement? Value(JsonElement of, string key) =>
        of.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int? Integer(string key) => Value(root, key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Invalid($"{key} is {value.GetRawText()}, not a whole number of 32 bits.");

    private double? Number(JsonElement of, string key) => Value(of, key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : throw Invalid($"{key} is {value.GetRawText()}, not a number.");

    private string? Text(string key) => Value(root, key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid($"{key} is {value.GetRawText()}, not a text.");

    private bool Flag(string key) => Value(root, key) is { } value
        && (value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.False ? false : throw Invalid($"{key} is {value.GetRawText()}, not true or false.")));

    private InvalidModelException Missing(string key) => Invalid($"the key '{key}' is missing.");

    private InvalidModelException Invalid(string reason) => new(path, reason);
}
