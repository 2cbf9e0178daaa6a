using InternPlatform.Datasets;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Tokens;

/// <summary>A row's ids: a dialogue through the chat template, without loss where somebody else speaks; a text between begin and end of sequence.</summary>
internal sealed class RowEncoder
{
    private readonly Tokenizer tokenizer;
    private readonly ChatTemplate template;
    private readonly int begin;
    private readonly int end;

    public RowEncoder(Tokenizer tokenizer, string tokenizerArtifactId, ChatTemplate template)
    {
        this.tokenizer = tokenizer;
        this.template = template;
        if (tokenizer.VocabularySize > 0 && !tokenizer.IsSpecial(0))
        {
            throw JobProblems.NotATokenizer(tokenizerArtifactId, "its id 0 is a plain token, and the shard format cannot mark that one. Train a tokenizer here.");
        }

        begin = Special("<s>");
        end = Special("</s>");

        int Special(string spelling) => tokenizer.SpecialTokens.TryGetValue(spelling, out var id)
            ? id
            : throw JobProblems.NotATokenizer(tokenizerArtifactId, $"it has no '{spelling}' token.");
    }

    public int[] Encode(ReadOnlyMemory<byte> line, string dataset, long row)
    {
        try
        {
            var stored = DatasetRows.Parse(line);
            if (stored.Record is not null)
            {
                throw JobProblems.RecordsNotText(dataset, row + 1);
            }

            return stored.Chat is null
                ? [begin, .. tokenizer.Encode(stored.Text!), end]
                : template.EncodeForTraining(tokenizer, stored.Chat.Messages, stored.Chat.ToolsJson);
        }
        catch (Exception e) when (e is ChatTemplateException or RejectedRowException)
        {
            throw JobProblems.InvalidRow(dataset, row + 1, e.Message);
        }
    }
}
