using System.Text.Json;
using InternPlatform.Artifacts;

namespace InternPlatform.Datasets;

/// <summary>The rows of a data set's artefact, in order, verified by the store.</summary>
public sealed class DatasetRows : IDisposable
{
    /// <summary>A row is written in one line; escapes make it longer than the line or element it came from.</summary>
    public const int LongestRow = 512 << 20;

    private readonly Stream stream;

    private DatasetRows(string artifactId, string name, DatasetMeta meta, Stream stream)
    {
        this.stream = stream;
        ArtifactId = artifactId;
        Name = name;
        Meta = meta;
    }

    public string ArtifactId { get; }
    public string Name { get; }
    public DatasetMeta Meta { get; }

    public static async Task<DatasetRows> OpenAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadManifestAsync(artifactId, cancellationToken);
        if (manifest.Kind != DatasetFiles.Kind)
        {
            throw new NotADatasetException(artifactId, manifest.Kind);
        }

        await using var meta = await store.OpenFileAsync(artifactId, DatasetFiles.Meta, cancellationToken);
        return new DatasetRows(
            artifactId, manifest.Facts.GetValueOrDefault("name") ?? artifactId[..12], await DatasetMeta.ReadAsync(meta, cancellationToken),
            await store.OpenFileAsync(artifactId, DatasetFiles.Rows, cancellationToken));
    }

    /// <summary>From the first row on; each enumeration begins again.</summary>
    public LineReader Lines()
    {
        stream.Position = 0;
        return new LineReader(stream, LongestRow);
    }

    public void Dispose() => stream.Dispose();

    /// <summary>Reads one line of <c>rows.jsonl</c>.</summary>
    public static StoredRow Parse(ReadOnlyMemory<byte> line)
    {
        using var json = JsonDocument.Parse(line);
        var row = json.RootElement;
        var kind = row.TryGetProperty("kind", out var name) ? name.GetString() : null;
        if (row.TryGetProperty("record", out var record))
        {
            return new StoredRow(null, null, record.Clone(), kind);
        }

        return row.TryGetProperty("messages", out var messages)
            ? new StoredRow(null, ChatRow.Read(messages, row.TryGetProperty("tools", out var tools) ? tools : null), null, kind)
            : new StoredRow(row.GetProperty("text").GetString(), null, null, kind);
    }
}

/// <summary>A row: a text, a dialogue, or a record with its fields as they came.</summary>
/// <param name="Text">Set for a text.</param>
/// <param name="Chat">Set for a dialogue.</param>
/// <param name="Record">Set for a record.</param>
/// <param name="Kind">What the row says of itself, where its source said it.</param>
public readonly record struct StoredRow(string? Text, ChatRow? Chat, JsonElement? Record = null, string? Kind = null);
