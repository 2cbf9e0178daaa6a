using System.Text.Json;
using System.Text.Json.Nodes;

namespace InternPlatform.Models;

/// <summary>adapter_config.json of a low-rank adapter in PEFT's form, and the names of the weights beside it.</summary>
/// <param name="Rank">r.</param>
/// <param name="Alpha">α; what is added is α / r · x Aᵀ Bᵀ.</param>
/// <param name="TargetModules">Last parts of the names of the linear maps that it adds to.</param>
public sealed record PeftConfig(int Rank, double Alpha, IReadOnlyList<string> TargetModules)
{
    /// <summary>The configuration.</summary>
    public const string FileName = "adapter_config.json";

    /// <summary>The factors A, [r, in], and B, [out, r].</summary>
    public const string WeightsFile = "adapter_model.safetensors";
    private const string WeightEnd = ".weight";
    private static readonly string[] AllModules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The file's text.</summary>
    public static byte[] Write(int rank, double alpha, string baseName) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = baseName,
            ["r"] = rank,
            ["lora_alpha"] = alpha,
            ["lora_dropout"] = 0.0,
            ["target_modules"] = new JsonArray([.. AllModules.Select(name => JsonValue.Create(name))]),
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["modules_to_save"] = null,
            ["use_rslora"] = false,
            ["use_dora"] = false,
        },
        Indented);

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidModelException">It is missing, broken, or asks for what plain low-rank additions do not do.</exception>
    public static PeftConfig Read(string path)
    {
        var root = Parse(path);
        Refuse(Text("peft_type") != "LORA", $"peft_type is '{Text("peft_type")}'; LORA is what can be read.");
        foreach (var flag in (string[])["fan_in_fan_out", "use_rslora", "use_dora"])
        {
            Refuse(root[flag]?.GetValueKind() == JsonValueKind.True, $"{flag} is true; plain low-rank additions are what can be read.");
        }

        foreach (var key in (string[])["rank_pattern", "alpha_pattern", "modules_to_save"])
        {
            Refuse(root[key] is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }, $"{key} is set; one rank for all maps is what can be read.");
        }

        Refuse(Text("bias") is not (null or "none"), "biases are trained; adapters without are what can be read.");
        var rank = Number("r") is { } r && r is >= 1 and <= 1 << 16 && r == Math.Floor(r) ? (int)r : throw new InvalidModelException(path, "r is not a rank.");
        var modules = root["target_modules"] is JsonArray list ? list.Select(item => item?.ToString() ?? "").ToArray() : throw new InvalidModelException(path, "target_modules is not a list.");
        Refuse(modules.Except(AllModules).Any(), $"target_modules has [{string.Join(", ", modules.Except(AllModules))}]; known are [{string.Join(", ", AllModules)}].");
        return new PeftConfig(rank, Number("lora_alpha") ?? throw new InvalidModelException(path, "lora_alpha is missing."), modules);

        string? Text(string key) => root[key]?.GetValueKind() == JsonValueKind.String ? root[key]!.GetValue<string>() : null;
        double? Number(string key) => root[key]?.GetValueKind() == JsonValueKind.Number ? root[key]!.GetValue<double>() : null;
        void Refuse(bool refused, string reason)
        {
            if (refused)
            {
                throw new InvalidModelException(path, reason);
            }
        }
    }

    /// <summary>Whether the adapter adds to a map of the model.</summary>
    /// <param name="weight">The map's name, such as <c>model.layers.0.mlp.up_proj.weight</c>.</param>
    public bool Targets(string weight) => TargetModules.Any(module => weight.EndsWith($".{module}{WeightEnd}", StringComparison.Ordinal));

    /// <summary>Names of A and B of a map.</summary>
    /// <param name="weight">The map's name.</param>
    public static (string A, string B) FactorsOf(string weight)
    {
        var map = $"base_model.model.{weight[..^WeightEnd.Length]}";
        return (map + ".lora_A.weight", map + ".lora_B.weight");
    }

    private static JsonObject Parse(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidModelException(path, "the file does not exist.");
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new InvalidModelException(path, "the file is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, $"the file is not JSON ({e.Message}).", e);
        }
    }
}
