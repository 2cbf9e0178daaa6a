using System.Text.Json;
using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text;

/// <summary>Takes InternLM2's calls out of the token stream: <c>&lt;|action_start|&gt;&lt;|plugin|&gt;\n{"name": …, "parameters": {…}}&lt;|action_end|&gt;</c>.</summary>
internal sealed class ToolCallReader(Tokenizer tokenizer, int start, int end)
{
    private List<int>? call;

    /// <summary>Null: the token is no part of a call. A text: what looked like a call was none.</summary>
    public (ChatToolCall? Call, string Text)? Take(int token)
    {
        if (call is null)
        {
            call = token == start ? [] : null;
            return call is null ? null : (null, "");
        }

        if (token != end)
        {
            call.Add(token);
            return (null, "");
        }

        var text = Rest();
        return Parse(text) is { } parsed ? (parsed, "") : (null, text);
    }

    /// <summary>What an unfinished call has so far, as text.</summary>
    public string Rest()
    {
        var text = call is null ? "" : tokenizer.Decode([.. call], skipSpecialTokens: true);
        call = null;
        return text;
    }

    private static ChatToolCall? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
                && root.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object
                ? new(name.GetString()!, parameters.GetRawText())
                : null;
        }
        catch (JsonException)
        {
            // The model wrote no JSON: the caller gets its words as text.
            return null;
        }
    }
}
