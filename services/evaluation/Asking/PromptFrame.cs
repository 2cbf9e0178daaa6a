using System.Text;
using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Asking;

/// <summary>
/// How a dialogue becomes a prompt: the model's own chat template, segment by segment as in training; for a model without one, questions and answers in plain text.
/// </summary>
internal sealed class PromptFrame(Tokenizer tokenizer, ChatTemplate? template, int? beginId, int contextLength)
{
    public int ContextLength { get; } = contextLength;

    /// <summary>Ids and text of the dialogue up to where the assistant speaks.</summary>
    public Prompt Open(IReadOnlyList<ChatMessage> messages)
    {
        if (template is null)
        {
            var plain = Plain(messages);
            return new Prompt([.. Begin, .. tokenizer.Encode(plain)], plain);
        }

        var segments = template.Segments(messages, null, addGenerationPrompt: true);
        return new Prompt(template.Encode(tokenizer, messages, null, addGenerationPrompt: true), string.Concat(segments.Select(segment => segment.Text)));
    }

    /// <summary>What the assistant says, behind an opened prompt.</summary>
    public int[] Answer(string text) => tokenizer.Encode(template is null ? " " + text : text);

    /// <summary>A text by itself, as training texts begin.</summary>
    public int[] Document(string text) => [.. Begin, .. tokenizer.Encode(text)];

    /// <summary>Bytes of text that these ids stand for; a special token has none.</summary>
    public int BytesOf(ReadOnlySpan<int> ids)
    {
        var bytes = 0;
        foreach (var id in ids)
        {
            bytes += tokenizer.IsSpecial(id) ? 0 : tokenizer.TokenBytes(id).Length;
        }

        return bytes;
    }

    private int[] Begin => beginId is { } id ? [id] : [];

    private static string Plain(IReadOnlyList<ChatMessage> messages)
    {
        var text = new StringBuilder();
        foreach (var message in messages)
        {
            text.Append(message.Role switch
            {
                "assistant" => $" {message.Content}\n\n",
                "user" => $"Question: {message.Content}\nAnswer:",
                _ => $"{message.Content}\n\n",
            });
        }

        return text.ToString();
    }
}

/// <summary>As it is sent, and as people read it.</summary>
internal sealed record Prompt(int[] Ids, string Text);
