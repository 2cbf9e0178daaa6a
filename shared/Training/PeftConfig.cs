using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Models;
using InternPlatform.Training.Checkpoints;
using InternPlatform.Training.Model;
using InternPlatform.Training.Model.Functions;

namespace InternPlatform.Training;

/// <summary>adapter_config.json of a low-rank adapter, and the weights beside it.</summary>
internal sealed record PeftConfig(int Rank, double Alpha, IReadOnlyList<string> TargetModules)
{
    public const string FileName = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";
    private static readonly string[] AllModules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

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

    /// <summary>Copies the file's factors into the additions; maps that the adapter does not target stay as they are.</summary>
    /// <exception cref="InvalidModelException">A factor is missing, has another shape, or belongs to no map of the model.</exception>
    public void Fill(string path, LoraParameters lora)
    {
        using var file = SafetensorsFile.Open(path);
        var entries = TrainerTensors.Weights(lora.All).Where(entry => TargetModules.Any(module => entry.Name.Contains($".{module}.", StringComparison.Ordinal))).ToArray();
        if (file.Tensors.Keys.Except(entries.Select(entry => entry.Name)).FirstOrDefault() is { } stranger)
        {
            throw new InvalidModelException(path, $"'{stranger}' belongs to no linear map of the base model.");
        }

        foreach (var entry in entries)
        {
            if (!file.Tensors.TryGetValue(entry.Name, out var stored) || !stored.Shape.SequenceEqual(entry.Shape))
            {
                throw new InvalidModelException(path, $"there is no '{entry.Name}' of the shape [{string.Join(", ", entry.Shape)}]: the adapter belongs to another model.");
            }

            file.ReadFloats(entry.Name).CopyTo(entry.Source.Singles()[checked((int)entry.FirstElement)..]);
        }
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
