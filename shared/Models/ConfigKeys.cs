using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>The keys of one object in a <c>config.json</c>, each read as what it must be or refused by name. A null counts as absent.</summary>
/// <param name="path">Named in errors.</param>
/// <param name="root">The object.</param>
internal sealed class ConfigKeys(string path, JsonElement root)
{
    public JsonElement? Value(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public bool Has(string key) => Value(key) is not null;

    /// <summary>Whether the key is there, null or not: some defaults hold only for a key that is left out.</summary>
    public bool IsSaid(string key) => root.TryGetProperty(key, out _);

    public int? Integer(string key) => Value(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Invalid($"{key} is {value.GetRawText()}, not a whole number of 32 bits.");

    public int NeedInteger(string key) => Integer(key) ?? throw Missing(key);

    public double? Number(string key) => Value(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : throw Invalid($"{key} is {value.GetRawText()}, not a number.");

    public double NeedNumber(string key) => Number(key) ?? throw Missing(key);

    public string? Text(string key) => Value(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid($"{key} is {value.GetRawText()}, not a text.");

    public bool Flag(string key, bool absent = false) => Value(key) is not { } value
        ? absent
        : value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.False ? false : throw Invalid($"{key} is {value.GetRawText()}, not true or false."));

    public ConfigKeys? Object(string key) => Value(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigKeys(path, value) : throw Invalid($"{key} is {value.GetRawText()}, not an object.");

    public InvalidModelException Missing(string key) => Invalid($"the key '{key}' is missing.");

    public InvalidModelException Invalid(string reason) => new(path, reason);
}
