using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using InternPlatform.Catalog.Statistics;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Writes a data set's folder: <c>rows.jsonl</c> (one <c>{"text": …}</c>, <c>{"messages": […], "tools": […]}</c> or <c>{"record": {…}}</c> a line, with an optional <c>kind</c>),
/// <c>rows.index</c> (see <see cref="RowIndex"/>), <c>statistics.json</c> and <c>meta.json</c>.
/// </summary>
internal sealed class DatasetWriter : IDisposable
{
    public const int ListedRejections = 100;

    /// <summary>A quote stays a quote and Chinese stays Chinese: the file is read by people and programs, never by a browser.</summary>
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly string folder;
    private readonly FileStream rows;
    private readonly RowIndexWriter index = new();
    private readonly StatisticsBuilder statistics = new();
    private readonly ArrayBufferWriter<byte> line = new();
    private readonly Utf8JsonWriter json;
    private readonly List<RejectedRow> rejected = [];
    private readonly Dictionary<string, long> kinds = new(StringComparer.Ordinal);

    public DatasetWriter(string folder)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        rows = new FileStream(Path.Join(folder, DatasetFiles.Rows), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18);
        json = new Utf8JsonWriter(line, Relaxed);
    }

    public long Rows { get; private set; }
    public long RejectedRows { get; private set; }
    public IReadOnlyList<RejectedRow> Rejected => rejected;

    public void AddText(ReadOnlySpan<byte> text, string? kind = null)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        statistics.AddText(Encoding.UTF8.GetString(text));
        End(kind);
    }

    public void AddText(string text, string? kind)
    {
        statistics.AddText(text);
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        End(kind);
    }

    public void AddChat(ChatRow chat, string? kind)
    {
        json.WriteStartObject();
        chat.Write(json);
        statistics.AddChat(chat);
        End(kind);
    }

    /// <summary>A record keeps its fields as they came.</summary>
    public void AddRecord(JsonElement record, string? kind = null)
    {
        try
        {
            json.WriteStartObject();
            json.WritePropertyName("record"u8);
            record.WriteTo(json);
        }
        catch (InvalidOperationException)
        {
            json.Reset();    // half a row, up to the string that no text can hold
            line.ResetWrittenCount();
            throw;
        }

        statistics.AddRecord(record);
        End(kind);
    }

    /// <summary>A row of another data set, byte by byte as it is there.</summary>
    /// <param name="stored">Its line.</param>
    /// <param name="row">The same line, read.</param>
    public void AddStored(ReadOnlySpan<byte> stored, StoredRow row)
    {
        statistics.Add(row);
        if (row.Kind is { } kind)
        {
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
        }

        line.Write(stored);
        EndLine();
    }

    public void Reject(long lineNumber, string reason)
    {
        RejectedRows++;
        if (rejected.Count < ListedRejections)
        {
            rejected.Add(new RejectedRow { Line = lineNumber, Reason = reason });
        }
    }

    /// <summary>Flushes and writes the other files.</summary>
    public DatasetMeta Complete()
    {
        rows.Flush(flushToDisk: true);
        var meta = new DatasetMeta { Rows = Rows, Bytes = rows.Length, RejectedRows = RejectedRows, RowKinds = kinds };
        rows.Dispose();
        index.Write(Path.Join(folder, DatasetFiles.Index));
        File.WriteAllBytes(Path.Join(folder, DatasetFiles.Meta), meta.ToJson());
        File.WriteAllBytes(Path.Join(folder, DatasetFiles.Statistics), JsonSerializer.SerializeToUtf8Bytes(statistics.Complete(), PlatformJson.Options));
        return meta;
    }

    public void Dispose()
    {
        rows.Dispose();
        json.Dispose();
    }

    private void End(string? kind)
    {
        if (kind is not null)
        {
            json.WriteString("kind"u8, kind);
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            statistics.AddKind(kind);
        }

        json.WriteEndObject();
        json.Flush();
        EndLine();
        json.Reset();
    }

    private void EndLine()
    {
        line.Write("\n"u8);
        index.Add(Rows++, rows.Position);
        rows.Write(line.WrittenSpan);
        line.ResetWrittenCount();
    }
}
