using InternPlatform.Datasets;
using InternPlatform.Tokenization;

namespace InternPlatform.Finetuning;

/// <summary>What becomes of a row.</summary>
internal enum RowFate
{
    Used,
    NotDialogue,
    WithoutAnswer,
    CutAway,
}

/// <summary>A row as token ids, not cut yet; a negative id is read but not scored.</summary>
internal readonly record struct EncodedRow(int[] Ids, RowFate Fate, bool IsCut)
{
    /// <summary>Whether the loss is taken on a token: the first of a text is never predicted.</summary>
    public bool IsScored(int at, int sequenceLength) => at > 0 && at < sequenceLength && Ids[at] > 0;
}

/// <summary>
/// The one rule by which rows become tokens, in tuning as in its preview: the template's text, loss on the assistant's turns and the mark that ends
/// each, cut from the right at the sequence length.
/// </summary>
internal sealed class DialogueEncoder(ChatTemplate template, Tokenizer tokenizer, int sequenceLength)
{
    /// <exception cref="ChatTemplateException">The template has no form for the dialogue.</exception>
    public EncodedRow Encode(StoredRow row)
    {
        if (row.Chat is not { } chat)
        {
            return new(row.Text is { } text ? [.. tokenizer.Encode(text).Select(id => -id)] : [], RowFate.NotDialogue, false);
        }

        var ids = template.EncodeForTraining(tokenizer, chat.Messages, chat.ToolsJson);
        var answers = chat.Messages.Where(message => message.Role == "assistant").ToArray();
        if (answers.Length == 0 || answers.Any(answer => string.IsNullOrWhiteSpace(answer.Content) && answer.ToolCalls is not { Count: > 0 }))
        {
            return new(ids, RowFate.WithoutAnswer, ids.Length > sequenceLength);
        }

        var encoded = new EncodedRow(ids, RowFate.Used, ids.Length > sequenceLength);
        return Enumerable.Range(0, Math.Min(ids.Length, sequenceLength)).Any(at => encoded.IsScored(at, int.MaxValue)) ? encoded : encoded with { Fate = RowFate.CutAway };
    }

    /// <summary>Ids of a question, with the assistant's turn opened.</summary>
    public int[] Prompt(string question) => template.Encode(tokenizer, [new ChatMessage { Role = "user", Content = question }], null, addGenerationPrompt: true);
}
