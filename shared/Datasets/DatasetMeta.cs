using System.Text.Json;

namespace InternPlatform.Datasets;

/// <summary><c>meta.json</c> of a data set's artefact.</summary>
public sealed record DatasetMeta
{
    public required long Rows { get; init; }
    public required long Bytes { get; init; }
    public required long RejectedRows { get; init; }
    public required IReadOnlyDictionary<string, long> RowKinds { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    public static async Task<DatasetMeta> ReadAsync(Stream stream, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync<DatasetMeta>(stream, JsonSerializerOptions.Web, cancellationToken)
        ?? throw new InvalidDataException("meta.json holds null.");
}
