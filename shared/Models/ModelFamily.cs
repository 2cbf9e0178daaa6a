using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>
/// What the model types that are read have beyond a plain LLaMA, and what their <c>config.json</c> calls it. They all share its
/// decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
/// </summary>
internal static class ModelFamily
{
    public const string InternLm2 = "internlm2";

    private static readonly Dictionary<string, string> Architectures = new(StringComparer.Ordinal)
    {
        ["llama"] = "LlamaForCausalLM",
        ["internlm"] = "InternLMForCausalLM",
        [InternLm2] = "InternLM2ForCausalLM",
        ["internlm3"] = "InternLM3ForCausalLM",
        ["mistral"] = "MistralForCausalLM",
        ["qwen2"] = "Qwen2ForCausalLM",
        ["qwen3"] = "Qwen3ForCausalLM",
    };

    /// <summary>Sets what depends on the type.</summary>
    /// <param name="config">All that does not.</param>
    /// <param name="keys">The file.</param>
    public static ModelConfig Read(ModelConfig config, ConfigKeys keys)
    {
        RefuseSlidingWindow(config, keys);
        if (config.ModelType == InternLm2 && config.Quantization is not null)
        {
            throw keys.Invalid("a quantised InternLM2 has q, k and v packed into one matrix, which is not read. Quantise it here from its floats.");
        }

        var attention = keys.Flag("attention_bias");
        var all = config.ModelType is "internlm" or InternLm2 && keys.Flag("bias", absent: true);
        return config.ModelType switch
        {
            "llama" => config with { QkvBias = attention, OutputBias = attention, MlpBias = keys.Flag("mlp_bias") },
            "internlm" => ReadRotary(config with { QkvBias = all, OutputBias = all }, keys),
            InternLm2 => config with { QkvBias = all, OutputBias = all },
            "internlm3" => config with { QkvBias = keys.Flag("qkv_bias"), OutputBias = keys.Flag("bias"), MlpBias = keys.Flag("bias") },
            "qwen2" => config with { QkvBias = true },
            "qwen3" => config with { QkvBias = attention, OutputBias = attention, QkNorm = true },
            _ => config,
        };
    }

    /// <summary>Refuses a type that is not read.</summary>
    public static string Check(string type, ConfigKeys keys) => Architectures.ContainsKey(type)
        ? type
        : throw keys.Invalid($"model_type is '{type}'; what is read is {string.Join(", ", Architectures.Keys.Select(known => $"'{known}'"))}.");

    /// <summary>LLaMA's value for a key that is left out; other families have values of their own, which no published model relies on.</summary>
    public static int Default(string type, ConfigKeys keys, string key, int value) =>
        keys.IsSaid(key) || type is "llama" or "internlm" or InternLm2 ? value : throw keys.Missing(key);

    /// <summary>Null: the width is shared between the heads.</summary>
    public static int? DefaultHeadDim(string type, ConfigKeys keys) => type == "qwen3" && !keys.IsSaid("head_dim") ? 128 : null;

    /// <summary>Why the type cannot have what the configuration says; null: it can.</summary>
    public static string? Refusal(ModelConfig config)
    {
        var (qkv, output, mlp, norm) = (config.QkvBias, config.OutputBias, config.MlpBias, config.QkNorm);
        var holds = config.ModelType switch
        {
            "llama" => qkv == output && !norm,
            "internlm" => qkv == output && !mlp && !norm && config.RopeScaling is null or { Kind: RopeScalingKind.Dynamic },
            InternLm2 => qkv == output && !mlp && !norm,
            "internlm3" => output == mlp && !norm,
            "qwen2" => qkv && !output && !mlp && !norm,
            "qwen3" => qkv == output && !mlp && norm,
            "mistral" => !qkv && !output && !mlp && !norm,
            _ => false,
        };
        return holds ? null : $"a model of type '{config.ModelType}' cannot have these biases (queries, keys and values {qkv}, attention output {output}, SwiGLU {mlp}), norms ({norm}) and positions ({config.RopeScaling?.Kind}).";
    }

    /// <summary>Writes the type and what depends on it.</summary>
    public static void Write(Utf8JsonWriter writer, ModelConfig config)
    {
        // InternLM2's own code reads only its own weight names, in which q, k and v are one matrix. What we write has LLaMA's,
        // and LLaMA with attention_bias is the same model.
        var type = config.ModelType == InternLm2 ? "llama" : config.ModelType;
        writer.WriteStartArray("architectures");
        writer.WriteStringValue(Architectures[type]);
        writer.WriteEndArray();
        writer.WriteString("model_type", type);
        switch (type)
        {
            case "llama":
                writer.WriteBoolean("attention_bias", config.QkvBias);
                writer.WriteBoolean("mlp_bias", config.MlpBias);
                break;
            case "internlm":
                writer.WriteBoolean("bias", config.QkvBias);
                WriteRotary(writer, config);
                break;
            case "internlm3":
                writer.WriteBoolean("qkv_bias", config.QkvBias);
                writer.WriteBoolean("bias", config.OutputBias);
                break;
            case "qwen2" or "qwen3":
                writer.WriteBoolean("attention_bias", config.QkvBias);
                writer.WriteBoolean("use_sliding_window", false);
                break;
            default:
                writer.WriteNull("sliding_window");
                break;
        }
    }

    // Attention to the newest positions only. Where the window is no shorter than the context it never cuts.
    private static void RefuseSlidingWindow(ModelConfig config, ConfigKeys keys)
    {
        const int mistralDefault = 4096;
        var window = config.ModelType switch
        {
            "mistral" => keys.IsSaid("sliding_window") ? keys.Integer("sliding_window") : mistralDefault,
            "qwen2" or "qwen3" when keys.Flag("use_sliding_window") => keys.Integer("sliding_window") ?? mistralDefault,
            _ => null,
        };
        if (window < config.ContextLength)
        {
            throw keys.Invalid($"sliding_window is {window} with max_position_embeddings {config.ContextLength}; attention to all positions is what can be run.");
        }
    }

    // InternLM's first version has one object for what others call rope_theta and rope_scaling, and scales where it says nothing.
    private static ModelConfig ReadRotary(ModelConfig config, ConfigKeys keys)
    {
        var rotary = keys.Object("rotary");
        var type = rotary?.Text("type") ?? "dynamic";
        var theta = rotary?.Number("base") ?? config.RopeTheta;
        return type switch
        {
            "origin" => config with { RopeTheta = theta },
            "dynamic" => config with { RopeTheta = theta, RopeScaling = new() { Kind = RopeScalingKind.Dynamic, Factor = rotary?.Number("scaling_factor") ?? 1 } },
            _ => throw keys.Invalid($"rotary has the type '{type}'; origin and dynamic are read."),
        };
    }

    private static void WriteRotary(Utf8JsonWriter writer, ModelConfig config)
    {
        writer.WriteStartObject("rotary");
        writer.WriteNumber("base", config.RopeTheta);
        writer.WriteString("type", config.RopeScaling is null ? "origin" : "dynamic");
        if (config.RopeScaling is { } scaling)
        {
            writer.WriteNumber("scaling_factor", scaling.Factor);
        }

        writer.WriteEndObject();
    }
}
