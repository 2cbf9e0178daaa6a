using System.Text.Json;
using InternPlatform.Tokenization;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>OpenAI's messages in the template's terms.</summary>
internal static class ChatMessages
{
    public static List<ChatMessage> Read(IReadOnlyList<ChatRequestMessage>? messages)
    {
        if (messages is not { Count: > 0 })
        {
            throw OpenAiRefusal.Invalid("messages", "'messages' must have at least one message.");
        }

        return [.. messages.Select((message, i) => Read(message ?? throw OpenAiRefusal.Invalid($"messages[{i}]", "A message is null."), $"messages[{i}]"))];
    }

    private static ChatMessage Read(ChatRequestMessage message, string field) => new()
    {
        Role = message.Role switch
        {
            "developer" => "system",
            "system" or "user" or "assistant" or "tool" => message.Role,
            _ => throw OpenAiRefusal.Invalid($"{field}.role", $"The role '{message.Role}' is unknown; use system, developer, user, assistant or tool."),
        },
        Content = Text(message.Content, $"{field}.content", isOptional: message.Role == "assistant"),
        Name = message.Role == "tool" ? null : message.Name,
        ToolCalls = message.ToolCalls is { Count: > 0 } calls ? [.. calls.Select((call, i) => Read(call, $"{field}.tool_calls[{i}]"))] : null,
    };

    private static ChatToolCall Read(ToolCallPart? call, string field) => call?.Function is { Name: { Length: > 0 } name, Arguments: { } arguments }
        ? new(name, arguments.Length == 0 ? "{}" : arguments)
        : throw OpenAiRefusal.Invalid(field, $"'{field}' must have a function with a name and arguments.");

    private static string Text(JsonElement? content, string field, bool isOptional)
    {
        switch (content?.ValueKind)
        {
            case JsonValueKind.String:
                return Characters(content.Value, field);
            case JsonValueKind.Array:
                return string.Concat(content.Value.EnumerateArray().Select((part, i) => Part(part, $"{field}[{i}]")));
            case null or JsonValueKind.Null when isOptional:
                return "";
            default:
                throw OpenAiRefusal.Invalid(field, $"'{field}' must be a string or a list of parts.");
        }
    }

    private static string Part(JsonElement part, string field)
    {
        if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
        {
            throw OpenAiRefusal.Invalid(field, $"'{field}' must be an object with a type.");
        }

        return type.GetString() is "text" && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? Characters(text, $"{field}.text")
            : throw OpenAiRefusal.Unsupported($"{field}.type", $"This model reads text only; a part of type '{type.GetString()}' was given.");
    }

    private static string Characters(JsonElement text, string field)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw OpenAiRefusal.Invalid(field, $"'{field}' has a lone surrogate.");
        }
    }
}
