using System.Text.Encodings.Web;
using System.Text.Json;
using InternPlatform.Tokenization;

namespace InternPlatform.Datasets;

/// <summary>A dialogue as a row: <c>{"messages": […], "tools": […]}</c>, in OpenAI's form or close to it.</summary>
public sealed record ChatRow(IReadOnlyList<ChatMessage> Messages, string? ToolsJson)
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a dialogue.</summary>
    /// <exception cref="RejectedRowException">It says what is wrong with which message.</exception>
    public static ChatRow Read(JsonElement messages, JsonElement? tools)
    {
        if (messages.GetArrayLength() == 0)
        {
            throw new RejectedRowException("'messages' is empty.");
        }

        var list = messages.EnumerateArray().Select((message, index) => ReadMessage(message, index)).ToList();
        return new ChatRow(list, ReadTools(tools));
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("messages");
        foreach (var message in Messages)
        {
            WriteMessage(writer, message);
        }

        writer.WriteEndArray();
        if (ToolsJson is not null)
        {
            writer.WritePropertyName("tools");
            writer.WriteRawValue(ToolsJson);
        }
    }

    public static string RoleOf(string role) => role switch
    {
        "system" or "developer" => "system",
        "user" or "human" => "user",
        "assistant" or "gpt" or "bot" or "model" => "assistant",
        "tool" or "function" or "observation" or "environment" or "ipython" => "tool",
        _ => throw new RejectedRowException($"The role '{(role.Length > 40 ? role[..40] : role)}' is not known."),
    };

    /// <summary>Text of a message: a string, or a list of parts that are all text.</summary>
    public static string TextOf(JsonElement content, int index) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => PartOf(part, index))),
        _ => throw new RejectedRowException($"The content of message {index + 1} is not text."),
    };

    private static ChatMessage ReadMessage(JsonElement message, int index)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
        {
            throw new RejectedRowException($"Message {index + 1} has no role.");
        }

        var calls = message.TryGetProperty("tool_calls", out var found) && found.ValueKind == JsonValueKind.Array && found.GetArrayLength() > 0
            ? found.EnumerateArray().Select(call => ReadCall(call, index)).ToList()
            : null;
        var hasContent = message.TryGetProperty("content", out var content);
        if (!hasContent && calls is null)
        {
            throw new RejectedRowException($"Message {index + 1} has no content.");
        }

        return new ChatMessage
        {
            Role = RoleOf(role.GetString()!),
            Content = hasContent ? TextOf(content, index) : "",
            Name = message.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null,
            ToolCalls = calls,
        };
    }

    private static string PartOf(JsonElement part, int index)
    {
        if (part.ValueKind == JsonValueKind.String)
        {
            return part.GetString()!;
        }

        if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("text")
            && (part.TryGetProperty("text", out var text) || part.TryGetProperty("value", out text)) && text.ValueKind == JsonValueKind.String)
        {
            return text.GetString()!;
        }

        throw new RejectedRowException($"Message {index + 1} holds something that is not text, such as an image.");
    }

    public static ChatToolCall ReadCall(JsonElement call, int index)
    {
        if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out var function))
        {
            call = function;
        }

        return call.ValueKind == JsonValueKind.Object && call.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            && (call.TryGetProperty("arguments", out var arguments) || call.TryGetProperty("parameters", out arguments))
            ? new ChatToolCall(name.GetString()!, arguments.ValueKind == JsonValueKind.String ? CompactText(arguments, "The arguments of a tool call") : Compact(arguments))
            : throw new RejectedRowException($"A tool call of message {index + 1} has no name or no arguments.");
    }

    public static string? ReadTools(JsonElement? tools) => tools?.ValueKind switch
    {
        JsonValueKind.Array when tools.Value.GetArrayLength() > 0 => Compact(tools.Value),
        JsonValueKind.String when tools.Value.GetString() is { Length: > 0 } => CompactText(tools.Value, "'tools'"),
        null or JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.String or JsonValueKind.Array => null,
        _ => throw new RejectedRowException("'tools' is not a list."),
    };

    /// <summary>A row is one line, however the file wrote it.</summary>
    private static string Compact(JsonElement value) => JsonSerializer.Serialize(value, OneLine);

    private static string CompactText(JsonElement text, string what)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text.GetString()!);
            return Compact(parsed.RootElement);
        }
        catch (JsonException)
        {
            throw new RejectedRowException($"{what} are not valid JSON.");
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, ChatMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("role", message.Role);
        writer.WriteString("content", message.Content);
        if (message.Name is not null)
        {
            writer.WriteString("name", message.Name);
        }

        if (message.ToolCalls is not null)
        {
            writer.WriteStartArray("tool_calls");
            foreach (var call in message.ToolCalls)
            {
                writer.WriteStartObject();
                writer.WriteString("name", call.Name);
                writer.WritePropertyName("arguments");
                writer.WriteRawValue(call.ArgumentsJson);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
