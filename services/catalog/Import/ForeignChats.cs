using System.Text.Json;
using InternPlatform.Datasets;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Import;

/// <summary>Dialogues in the forms of other projects.</summary>
internal static class ForeignChats
{
    /// <summary><c>[{"from": "human", "value": "…"}]</c>; a <c>function_call</c> is an assistant's turn whose value is the call.</summary>
    public static ChatRow ShareGpt(JsonElement turns, string? system, JsonElement? tools)
    {
        var messages = turns.EnumerateArray().Select(ShareGptTurn).ToList();
        if (messages.Count == 0)
        {
            throw new RejectedRowException("'conversations' is empty.");
        }

        if (!string.IsNullOrEmpty(system) && messages[0].Role != "system")
        {
            messages.Insert(0, new ChatMessage { Role = "system", Content = system });
        }

        return new ChatRow(messages, ChatRow.ReadTools(tools));
    }

    /// <summary>The instruction with its input below it, and the answer.</summary>
    public static ChatRow Alpaca(string instruction, string? input, string output) => new(
        [
            new ChatMessage { Role = "user", Content = string.IsNullOrEmpty(input) ? instruction : $"{instruction}\n{input}" },
            new ChatMessage { Role = "assistant", Content = output },
        ],
        ToolsJson: null);

    private static ChatMessage ShareGptTurn(JsonElement turn, int index)
    {
        if (turn.ValueKind != JsonValueKind.Object || !turn.TryGetProperty("from", out var from) || from.ValueKind != JsonValueKind.String || !turn.TryGetProperty("value", out var value))
        {
            throw new RejectedRowException($"Turn {index + 1} has no 'from' or no 'value'.");
        }

        var text = ChatRow.TextOf(value, index);
        return from.ValueEquals("function_call")
            ? new ChatMessage { Role = "assistant", ToolCalls = [Call(text, index)] }
            : new ChatMessage { Role = ChatRow.RoleOf(from.GetString()!), Content = text };
    }

    private static ChatToolCall Call(string json, int index)
    {
        try
        {
            using var call = JsonDocument.Parse(json);
            return ChatRow.ReadCall(call.RootElement, index);
        }
        catch (JsonException)
        {
            throw new RejectedRowException($"The call of turn {index + 1} is not valid JSON.");
        }
    }
}
