using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>
/// A tool as the model is shown it. A JSON schema is long; one that says no more than a name and a kind for each argument, all of them required, is
/// written short, as dialogues write tools by hand: <c>{"name": "calculator", "parameters": {"a": "number", "op": "add or subtract"}}</c>. Nothing is
/// lost by it. A tool with a description, or with any other keyword, is shown as it came.
/// </summary>
internal static class ToolJson
{
    private static readonly HashSet<string> SchemaKeywords = ["type", "properties", "required", "additionalProperties"];

    /// <summary>Name and kind of each argument, where that is all the tool says; null where it says more, or is written short already.</summary>
    public static IReadOnlyList<(string Name, string Kind)>? ShortArguments(JsonElement tool)
    {
        if (tool.EnumerateObject().Count() != 2 || !tool.TryGetProperty("name", out _) || !tool.TryGetProperty("parameters", out var schema) || !IsObject(schema)
            || schema.EnumerateObject().Any(keyword => !SchemaKeywords.Contains(keyword.Name))
            || !schema.TryGetProperty("properties", out var properties) || !IsObject(properties)
            || !schema.TryGetProperty("required", out var required) || required.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var arguments = properties.EnumerateObject().Select(property => (property.Name, Kind: Kind(property.Value))).ToList();
        var isWhole = arguments.TrueForAll(argument => argument.Kind is not null && required.EnumerateArray().Any(name => name.ValueEquals(argument.Name)));
        return isWhole ? [.. arguments.Select(argument => (argument.Name, argument.Kind!))] : null;
    }

    private static string? Kind(JsonElement property)
    {
        if (!IsObject(property) || property.EnumerateObject().Any(keyword => keyword.Name is not ("type" or "enum")))
        {
            return null;
        }

        if (property.TryGetProperty("enum", out var values))
        {
            return values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0 && values.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String)
                ? OneOf([.. values.EnumerateArray().Select(value => value.GetString()!)])
                : null;
        }

        return property.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
    }

    private static string OneOf(string[] values) => values.Length == 1 ? values[0] : $"{string.Join(", ", values[..^1])} or {values[^1]}";

    private static bool IsObject(JsonElement value) => value.ValueKind == JsonValueKind.Object;
}
