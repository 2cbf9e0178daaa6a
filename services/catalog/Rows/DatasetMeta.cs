using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Rows;

/// <summary><c>meta.json</c> of a data set's artefact.</summary>
internal sealed record DatasetMeta
{
    public required long Rows { get; init; }
    public required long Bytes { get; init; }
    public required long RejectedRows { get; init; }
    public required IReadOnlyDictionary<string, long> RowKinds { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PlatformJson.Options);

    public static async Task<DatasetMeta> ReadAsync(Stream stream, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync<DatasetMeta>(stream, PlatformJson.Options, cancellationToken)
        ?? throw new InvalidDataException("meta.json holds null.");
}
