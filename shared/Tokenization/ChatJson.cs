using System.Text.Encodings.Web;
using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>
/// JSON inside a dialogue, always in one spelling (Python's <c>json.dumps</c> without ASCII escapes), so that the
/// model sees the same tokens whoever wrote the JSON.
/// </summary>
internal static class ChatJson
{
    /// <summary>
    /// The tool list, each tool bare: OpenAI's <c>{"type": "function", "function": {…}}</c> is unwrapped, and written short where
    /// <see cref="ToolJson"/> says so. Null for an empty one.
    /// </summary>
    public static string? ToolList(string json)
    {
        using var document = Parse(json, JsonValueKind.Array, "The tool list", "array");
        return document.RootElement.GetArrayLength() == 0 ? null : "[" + string.Join(", ", document.RootElement.EnumerateArray().Select(tool => Shown(Unwrap(tool)))) + "]";
    }

    private static string Shown(JsonElement tool)
    {
        try
        {
            return ToolJson.ShortArguments(tool) is { } arguments
                ? $"{{\"name\": {Canonical(tool.GetProperty("name"))}, \"parameters\": {{{string.Join(", ", arguments.Select(item => $"{Quote(item.Name)}: {Quote(item.Kind)}"))}}}}}"
                : Canonical(tool);
        }
        catch (InvalidOperationException e)
        {
            throw new ChatTemplateException("A JSON string holds half a surrogate pair, which is not a character.", e);
        }
    }

    public static string Call(ChatToolCall call)
    {
        using var arguments = Parse(call.ArgumentsJson, JsonValueKind.Object, $"The arguments of the call to '{call.Name}'", "object");
        return $"{{\"name\": {Quote(call.Name)}, \"parameters\": {Canonical(arguments.RootElement)}}}";
    }

    private static JsonElement Unwrap(JsonElement tool) => tool.ValueKind != JsonValueKind.Object
        ? throw new ChatTemplateException("The tool list holds something that is not a JSON object.")
        : tool.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object ? function : tool;

    private static JsonDocument Parse(string json, JsonValueKind kind, string what, string kindName)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new ChatTemplateException($"{what} is not JSON: {e.Message}", e);
        }

        if (document.RootElement.ValueKind == kind)
        {
            return document;
        }

        using (document)
        {
            throw new ChatTemplateException($"{what} must be a JSON {kindName}, not {document.RootElement.ValueKind}.");
        }
    }

    private static string Canonical(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return "{" + string.Join(", ", value.EnumerateObject().Select(item => $"{NameOf(item)}: {Canonical(item.Value)}")) + "}";
            case JsonValueKind.Array:
                return "[" + string.Join(", ", value.EnumerateArray().Select(Canonical)) + "]";
            case JsonValueKind.String:
                return Quote(Characters(value.GetString));
            default:
                return value.GetRawText();
        }
    }

    private static string NameOf(JsonProperty property) => Quote(Characters(() => property.Name));

    // JSON can spell half a surrogate pair, which no tokenizer can encode.
    private static string Characters(Func<string?> read)
    {
        try
        {
            return read()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ChatTemplateException("A JSON string holds half a surrogate pair, which is not a character.", e);
        }
    }

    private static string Quote(string text)
    {
        try
        {
            return $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
        }
        catch (ArgumentException e)
        {
            throw new ChatTemplateException("A tool's name holds half a surrogate pair, which is not a character.", e);
        }
    }
}
