using System.Text.Json;
using InternPlatform.Datasets;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Turns one JSON value into rows. Dialogues (<c>messages</c>, ShareGPT's <c>conversations</c>, Alpaca's <c>instruction</c> and <c>output</c>, Dolly's <c>response</c>) stay dialogues;
/// <c>text</c> or <c>content</c> is the text; any other object gives its strings and lists of strings, title and author first; objects inside it give rows
/// of their own, so that a collection of poems or chapters becomes as many rows. Kept as records, an object is one row with all its fields; where nobody
/// said which, the first object decides by its fields.
/// </summary>
internal sealed class RecordRows(DatasetWriter dataset, string? keep = null)
{
    private const int DeepestRecord = 60;    // one less than readers of rows take, with room for the row around it


    private static readonly ChatTemplate Template = ChatTemplate.Get("internlm2");
    private static readonly string[] Headings = ["title", "rhythmic", "chapter", "subchapter", "section", "author"];

    /// <summary>Fields that name, label or point: no text to learn from.</summary>
    private static readonly HashSet<string> Labels = new(StringComparer.OrdinalIgnoreCase)
    {
        "id", "_id", "uid", "uuid", "guid", "hash", "sha", "sha256", "md5", "url", "uri", "link", "type", "kind", "tags", "lang", "language", "strains", "date", "created", "timestamp",
    };

    /// <summary>Adds the value's rows, or rejects it with its line.</summary>
    public void Add(JsonElement value, long line)
    {
        var before = dataset.Rows;
        try
        {
            keep ??= value.ValueKind != JsonValueKind.Object ? null : EvaluationFields.AreIn(value) ? KeptAs.Records : KeptAs.Text;
            if (keep == KeptAs.Records)
            {
                AddRecord(value);
            }
            else
            {
                AddValue(value);
            }

            if (dataset.Rows == before)
            {
                dataset.Reject(line, "It holds no text.");
            }
        }
        catch (RejectedRowException e)
        {
            dataset.Reject(line, e.Message);
        }
        catch (InvalidOperationException)
        {
            // What System.Text.Json says to an escape such as \ud800 alone, which no text can hold.
            dataset.Reject(line, "A string holds an escape that is not a character.");
        }
    }

    private void AddRecord(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new RejectedRowException("It is not an object with fields, which a record is.");
        }

        foreach (var record in SquadRecords.Of(value) ?? [value])
        {
            dataset.AddRecord(IsDeeper(record, DeepestRecord) ? throw new RejectedRowException($"It is nested more than {DeepestRecord} levels deep.") : record);
        }
    }

    private static bool IsDeeper(JsonElement value, int levels) => value.ValueKind switch
    {
        _ when levels == 0 => true,
        JsonValueKind.Object => value.EnumerateObject().Any(member => IsDeeper(member.Value, levels - 1)),
        JsonValueKind.Array => value.EnumerateArray().Any(item => IsDeeper(item, levels - 1)),
        _ => false,
    };

    private void AddValue(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AddObject(value);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Object && value[0].TryGetProperty("role", out _):
                AddChat(ChatRow.Read(value, null), null);
                break;
            case JsonValueKind.Array:
                AddText(JoinedStrings(value), null);
                foreach (var item in value.EnumerateArray().Where(IsNested))
                {
                    AddValue(item);
                }

                break;
            case JsonValueKind.String:
                AddText(value.GetString()!, null);
                break;
            default:
                throw new RejectedRowException("It is a bare number, not text.");
        }
    }

    private void AddObject(JsonElement record)
    {
        var kind = StringOf(record, "kind");
        if (record.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array)
        {
            AddChat(ChatRow.Read(messages, ToolsOf(record)), kind);
        }
        else if (record.TryGetProperty("conversations", out var turns) && turns.ValueKind == JsonValueKind.Array)
        {
            AddChat(ForeignChats.ShareGpt(turns, StringOf(record, "system"), ToolsOf(record)), kind);
        }
        else if (StringOf(record, "instruction") is { } instruction && (StringOf(record, "output") ?? StringOf(record, "response")) is { } output)
        {
            AddChat(ForeignChats.Alpaca(instruction, StringOf(record, "input") ?? StringOf(record, "context"), output), kind);
        }
        else if ((StringOf(record, "text") ?? StringOf(record, "content")) is { } text)
        {
            AddText(text, kind);
        }
        else
        {
            AddCollection(record, kind);
        }
    }

    private void AddCollection(JsonElement record, string? kind)
    {
        var fields = record.EnumerateObject().Where(field => !Labels.Contains(field.Name)).ToList();
        var parts = fields.Where(field => field.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array)
            .OrderBy(field => Array.IndexOf(Headings, field.Name) is >= 0 and var place ? place : Headings.Length)
            .Select(field => (Heading: Headings.Contains(field.Name), Text: field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : JoinedStrings(field.Value)))
            .Where(part => part.Text.Length > 0)
            .ToList();
        var nested = fields.Where(field => IsNested(field.Value)).ToList();
        if (parts.Any(part => !part.Heading) || nested.Count == 0)
        {
            AddText(string.Join('\n', parts.Select(part => part.Text)), kind);
        }

        foreach (var field in nested.Where(field => field.Value.ValueKind == JsonValueKind.Object))
        {
            AddObject(field.Value);
        }

        foreach (var item in nested.Where(field => field.Value.ValueKind == JsonValueKind.Array).SelectMany(field => field.Value.EnumerateArray().Where(IsNested)))
        {
            AddValue(item);
        }
    }

    /// <summary>What the chat template cannot render now, no training could use later.</summary>
    private void AddChat(ChatRow chat, string? kind)
    {
        try
        {
            Template.Segments(chat.Messages, chat.ToolsJson, addGenerationPrompt: false);
        }
        catch (ChatTemplateException e)
        {
            throw new RejectedRowException(e.Message);
        }

        dataset.AddChat(chat, kind);
    }

    private void AddText(string text, string? kind)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            dataset.AddText(text, kind);
        }
    }

    private static bool IsNested(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => true,
        JsonValueKind.Array => value.EnumerateArray().Any(IsNested),
        _ => false,
    };

    private static string JoinedStrings(JsonElement list) =>
        string.Join('\n', list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()));

    private static string? StringOf(JsonElement record, string field) =>
        record.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? ToolsOf(JsonElement record) => record.TryGetProperty("tools", out var tools) ? tools : null;
}
