using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>Reads and writes <c>quantization_config</c>; what our products would compute differently is refused by name.</summary>
internal static class QuantizationConfigJson
{
    private const string Key = "quantization_config";

    public static QuantizationConfig Read(string path, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(path, "is not an object.");
        }

        var notConverted = NotConverted(path, json);
        switch (Text(path, json, "quant_method"))
        {
            case QuantizationConfig.AwqMethod:
                Demand(path, json, "bits", 4);
                Demand(path, json, "version", "gemm");
                if (json.TryGetProperty("zero_point", out var zeroPoint) && zeroPoint.ValueKind != JsonValueKind.True)
                {
                    throw Invalid(path, "has zero_point false; with zero points is what can be run.");
                }

                return QuantizationConfig.FourBits(GroupSize(path, json)) with { NotConverted = notConverted };
            case QuantizationConfig.SmoothQuantMethod:
                Demand(path, json, "quant_dtype", "int8");
                return QuantizationConfig.EightBits() with { NotConverted = notConverted };
            case var method:
                throw Invalid(path, $"has quant_method '{method}'; '{QuantizationConfig.AwqMethod}' and '{QuantizationConfig.SmoothQuantMethod}' are what can be run. Convert the model, or take its unquantised version.");
        }
    }

    public static void Write(Utf8JsonWriter writer, QuantizationConfig quantization)
    {
        writer.WriteStartObject(Key);
        writer.WriteString("quant_method", quantization.Method);
        if (quantization.Layout == QuantizationLayout.Awq)
        {
            writer.WriteString("version", "gemm");
            writer.WriteNumber("bits", quantization.Bits);
            writer.WriteNumber("group_size", quantization.GroupSize);
            writer.WriteBoolean("zero_point", true);
        }
        else
        {
            writer.WriteString("quant_dtype", "int8");
            // Readers of this layout ignore what they do not know: activations were not smoothed, the weights alone are meant.
            writer.WriteNumber("bits", quantization.Bits);
            writer.WriteBoolean("weight_only", true);
        }

        if (quantization.NotConverted.Count > 0)
        {
            writer.WriteStartArray("modules_to_not_convert");
            foreach (var module in quantization.NotConverted)
            {
                writer.WriteStringValue(module);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static int GroupSize(string path, JsonElement json) =>
        !json.TryGetProperty("group_size", out var size) ? 128
        : size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var number) ? number
        : throw Invalid(path, $"has group_size {size.GetRawText()}, not a whole number.");

    private static List<string> NotConverted(string path, JsonElement json)
    {
        if (!json.TryGetProperty("modules_to_not_convert", out var modules) || modules.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return modules.ValueKind == JsonValueKind.Array && modules.EnumerateArray().All(module => module.ValueKind == JsonValueKind.String && module.GetString()!.Length > 0)
            ? [.. modules.EnumerateArray().Select(module => module.GetString()!)]
            : throw Invalid(path, "has modules_to_not_convert that is not a list of names.");
    }

    private static void Demand(string path, JsonElement json, string key, int value)
    {
        if (json.TryGetProperty(key, out var given) && !(given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number) && number == value))
        {
            throw Invalid(path, $"has {key} {given.GetRawText()}; {value} is what can be run.");
        }
    }

    private static void Demand(string path, JsonElement json, string key, string value)
    {
        if (json.TryGetProperty(key, out var given) && !(given.ValueKind == JsonValueKind.String && string.Equals(given.GetString(), value, StringComparison.OrdinalIgnoreCase)))
        {
            throw Invalid(path, $"has {key} {given.GetRawText()}; '{value}' is what can be run.");
        }
    }

    private static string Text(string path, JsonElement json, string key) =>
        json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid(path, $"has no {key}.");

    private static InvalidModelException Invalid(string path, string reason) => new(path, $"{Key} {reason}");
}
