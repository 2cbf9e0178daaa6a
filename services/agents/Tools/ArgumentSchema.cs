using System.Text.Json;

namespace InternPlatform.Agents.Tools;

/// <summary>Checks arguments against the part of JSON schema that tools use: an object of strings, numbers, integers, booleans and enumerations.</summary>
internal static class ArgumentSchema
{
    private const int MostShown = 60;

    /// <summary>The call's arguments as JSON; or why they cannot be used, in words for the model.</summary>
    public static string? Check(JsonElement schema, string argumentsJson, out JsonElement arguments)
    {
        try
        {
            arguments = JsonElement.Parse(argumentsJson);
        }
        catch (JsonException e)
        {
            arguments = default;
            return $"The arguments are not JSON: {e.Message}";
        }

        return arguments.ValueKind == JsonValueKind.Object
            ? Missing(schema, arguments) ?? arguments.EnumerateObject().Select(argument => Check(schema, argument)).FirstOrDefault(problem => problem is not null)
            : $"The arguments must be a JSON object, not {Shown(arguments)}.";
    }

    private static string? Missing(JsonElement schema, JsonElement arguments)
    {
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(name => name.GetString()!) : [];
        return required.FirstOrDefault(name => !arguments.TryGetProperty(name, out _)) is { } missing ? $"'{missing}' is missing." : null;
    }

    private static string? Check(JsonElement schema, JsonProperty argument)
    {
        if (!schema.GetProperty("properties").TryGetProperty(argument.Name, out var expected))
        {
            return $"There is no argument '{argument.Name}'; known: {string.Join(", ", schema.GetProperty("properties").EnumerateObject().Select(property => property.Name))}.";
        }

        if (expected.TryGetProperty("enum", out var values))
        {
            return values.EnumerateArray().Any(value => JsonElement.DeepEquals(value, argument.Value))
                ? null
                : $"'{argument.Name}' must be one of {string.Join(", ", values.EnumerateArray().Select(value => value.GetRawText()))}, not {Shown(argument.Value)}.";
        }

        var type = expected.GetProperty("type").GetString()!;
        return Fits(type, argument.Value) ? null : $"'{argument.Name}' must be a {type}, not {Shown(argument.Value)}.";
    }

    private static bool Fits(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String && IsText(value),
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => throw new JsonException($"A tool's schema names the type '{type}', which is not known here."),
    };

    private static bool IsText(JsonElement value)
    {
        try
        {
            return value.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, which JSON can spell.
            return false;
        }
    }

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > MostShown ? $"{text[..MostShown]}…" : text;
    }
}
