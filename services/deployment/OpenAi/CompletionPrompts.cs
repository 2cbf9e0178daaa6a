using System.Text.Json;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>The four forms of <c>prompt</c> and of <c>input</c>: a string, strings, token ids, lists of token ids.</summary>
internal static class CompletionPrompts
{
    /// <param name="field">Its name, for messages.</param>
    /// <param name="prompt">What was given.</param>
    /// <param name="most">Prompts at most.</param>
    /// <param name="model">Whose tokenizer reads it.</param>
    public static List<int[]> Read(string field, JsonElement? prompt, int most, TextModel model)
    {
        var list = prompt switch
        {
            { ValueKind: JsonValueKind.String } text => [Encode(field, text, model)],
            { ValueKind: JsonValueKind.Array } parts when parts.GetArrayLength() > 0 => parts[0].ValueKind == JsonValueKind.Number
                ? [Ids(field, parts, model)]
                : parts.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.Array ? Ids(field, part, model) : Encode(field, part, model)).ToList(),
            _ => throw Invalid(field),
        };
        return list.Count <= most ? list : throw OpenAiRefusal.Invalid(field, $"'{field}' may hold at most {most} prompts.");
    }

    private static int[] Encode(string field, JsonElement text, TextModel model)
    {
        if (text.ValueKind != JsonValueKind.String)
        {
            throw Invalid(field);
        }

        try
        {
            return model.EncodeText(text.GetString()!);
        }
        catch (InvalidOperationException)
        {
            throw OpenAiRefusal.Invalid(field, $"'{field}' has a lone surrogate.");
        }
    }

    private static int[] Ids(string field, JsonElement ids, TextModel model) =>
    [
        .. ids.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var token) && token >= 0 && token < model.Tokenizer.VocabularySize
            ? token
            : throw OpenAiRefusal.Invalid(field, $"'{field}' has {id.GetRawText()}, which is not a token id below {model.Tokenizer.VocabularySize}.")),
    ];

    private static OpenAiRefusal Invalid(string field) => OpenAiRefusal.Invalid(field, $"'{field}' must be a string, a list of strings, a list of token ids, or a list of such lists.");
}
