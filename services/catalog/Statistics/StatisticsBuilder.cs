using System.Text.Json;
using InternPlatform.Catalog.Cleaning;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Statistics;

/// <summary>Column statistics of rows as they are written. A record's fields are its columns; a text and a dialogue have one each.</summary>
internal sealed class StatisticsBuilder
{
    /// <summary>A file whose objects are keyed by ids has as many fields as rows; the first ones tell enough.</summary>
    private const int MostColumns = 200;

    private readonly Dictionary<string, ColumnBuilder> columns = new(StringComparer.Ordinal);
    private long rows;

    public void AddText(string text)
    {
        rows++;
        Column("text")?.Add(ColumnBuilder.Text, text, LanguageOf(text));
    }

    public void AddChat(ChatRow chat)
    {
        rows++;
        var said = PlainText.Of(new StoredRow(null, chat));
        Column("messages")?.Add("messages", said, LanguageOf(said));
        if (chat.ToolsJson is not null)
        {
            Column("tools")?.Add("list", chat.ToolsJson);
        }
    }

    public void AddRecord(JsonElement record)
    {
        rows++;
        foreach (var field in record.EnumerateObject())
        {
            if (field.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                AddField(field);
            }
        }
    }

    /// <summary>Of the row just added.</summary>
    public void AddKind(string kind) => Column("kind")?.Add(ColumnBuilder.Text, kind);

    public DatasetStatistics Complete() => new() { Rows = rows, Columns = [.. columns.Values.Select(column => column.Complete(rows))] };

    /// <summary>Counts the rows of an artefact that was written without statistics.</summary>
    public static DatasetStatistics Of(DatasetRows source, CancellationToken cancellationToken)
    {
        var builder = new StatisticsBuilder();
        var lines = source.Lines();
        while (lines.TryRead(out var line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            builder.Add(DatasetRows.Parse(line.ToArray()));
        }

        return builder.Complete();
    }

    public void Add(StoredRow row)
    {
        if (row.Record is { } record)
        {
            AddRecord(record);
        }
        else if (row.Chat is { } chat)
        {
            AddChat(chat);
        }
        else
        {
            AddText(row.Text!);
        }

        if (row.Kind is not null)
        {
            AddKind(row.Kind);
        }
    }

    private void AddField(JsonProperty field)
    {
        var column = Column(field.Name);
        var written = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : field.Value.GetRawText();
        switch (field.Value.ValueKind)
        {
            case JsonValueKind.String:
                column?.Add(ColumnBuilder.Text, written, LanguageOf(written));
                break;
            case JsonValueKind.Number when field.Value.TryGetDouble(out var number) && double.IsFinite(number):
                column?.AddNumber(number, written);
                break;
            default:
                column?.Add(TypeOf(field.Value.ValueKind), written);
                break;
        }
    }

    private static string TypeOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "list",
        JsonValueKind.Object => "object",
        JsonValueKind.Number => ColumnBuilder.Number,
        _ => "boolean",
    };

    private static string LanguageOf(string text) => TextLanguage.Of(text, ScriptCounts.Of(text)).Language;

    private ColumnBuilder? Column(string name)
    {
        if (!columns.TryGetValue(name, out var column) && columns.Count < MostColumns)
        {
            columns[name] = column = new ColumnBuilder(name);
        }

        return column;
    }
}
