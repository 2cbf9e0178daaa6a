using System.Text.Json;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>The four forms of <c>prompt</c>: a string, strings, token ids, lists of token ids.</summary>
internal static class CompletionPrompts
{
    private const int MaxPrompts = 64;

    public static List<int[]> Read(JsonElement? prompt, TextModel model)
    {
        var list = prompt switch
        {
            { ValueKind: JsonValueKind.String } text => [Encode(text, model)],
            { ValueKind: JsonValueKind.Array } parts when parts.GetArrayLength() > 0 => parts[0].ValueKind == JsonValueKind.Number
                ? [Ids(parts, model)]
                : parts.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.Array ? Ids(part, model) : Encode(part, model)).ToList(),
            _ => throw Invalid(),
        };
        return list.Count <= MaxPrompts ? list : throw OpenAiRefusal.Invalid("prompt", $"'prompt' may hold at most {MaxPrompts} prompts.");
    }

    private static int[] Encode(JsonElement text, TextModel model)
    {
        if (text.ValueKind != JsonValueKind.String)
        {
            throw Invalid();
        }

        try
        {
            return model.EncodeText(text.GetString()!);
        }
        catch (InvalidOperationException)
        {
            throw OpenAiRefusal.Invalid("prompt", "'prompt' has a lone surrogate.");
        }
    }

    private static int[] Ids(JsonElement ids, TextModel model) =>
    [
        .. ids.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var token) && token >= 0 && token < model.Tokenizer.VocabularySize
            ? token
            : throw OpenAiRefusal.Invalid("prompt", $"'prompt' has {id.GetRawText()}, which is not a token id below {model.Tokenizer.VocabularySize}.")),
    ];

    private static OpenAiRefusal Invalid() => OpenAiRefusal.Invalid("prompt", "'prompt' must be a string, a list of strings, a list of token ids, or a list of such lists.");
}
