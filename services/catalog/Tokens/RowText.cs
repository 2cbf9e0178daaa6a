using InternPlatform.Datasets;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Tokens;

/// <summary>The plain text of a row as a model will see it: of a dialogue, the pieces between its special tokens.</summary>
internal static class RowText
{
    private static readonly ChatTemplate Template = ChatTemplate.Get("internlm2");

    public static IEnumerable<string> Plain(StoredRow row) => row.Chat is null
        ? [row.Text!]
        : Template.Segments(row.Chat.Messages, row.Chat.ToolsJson, addGenerationPrompt: false).Where(segment => !segment.IsSpecial).Select(segment => segment.Text);
}
