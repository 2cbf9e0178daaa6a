using System.Text.Json;
using InternPlatform.Tokenization.Jinja;

namespace InternPlatform.Tokenization;

/// <summary>JSON as values of a template, its texts marked as a speaker's.</summary>
internal static class JinjaJson
{
    /// <exception cref="ChatTemplateException">It is not JSON, or spells half a character.</exception>
    public static object? Read(string json, string what, Origin origin = Origin.Speaker)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return ValueOf(document.RootElement, origin);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ChatTemplateException($"{what} is not JSON: {e.Message}", e);
        }
    }

    private static object? ValueOf(JsonElement value, Origin origin)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new Map();
                foreach (var member in value.EnumerateObject())
                {
                    map.Set(new MarkedText(member.Name, origin), ValueOf(member.Value, origin));
                }

                return map;
            case JsonValueKind.Array:
                return value.EnumerateArray().Select(item => ValueOf(item, origin)).ToList();
            case JsonValueKind.String:
                return new MarkedText(value.GetString()!, origin);
            case JsonValueKind.Number:
                return value.TryGetInt64(out var number) ? (object)number : value.GetDouble();
            case JsonValueKind.Null:
                return null;
            default:
                return value.GetBoolean();
        }
    }
}
