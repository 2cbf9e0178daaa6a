using System.Collections.Concurrent;

namespace InternPlatform.Artifacts.S3;

/// <summary>Which blobs a manifest names. A digest means the same bytes for ever, so each is looked into once.</summary>
internal sealed class ManifestFiles
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> known = new(StringComparer.Ordinal);

    /// <summary>Empty where the blob is not a manifest.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(IArtifactStore store, string digest, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(digest, out var files))
        {
            return files;
        }

        return known[digest] = await ReadAsync(store, digest, cancellationToken);
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(IArtifactStore store, string digest, CancellationToken cancellationToken)
    {
        if (await store.SizeAsync(digest, cancellationToken) > ManifestJson.LargestBytes)
        {
            return [];
        }

        await using var blob = await store.OpenAsync(digest, cancellationToken);
        if (!await ManifestJson.LooksLikeAsync(blob, cancellationToken))
        {
            return [];
        }

        blob.Position = 0;
        return await ManifestJson.TryReadAsync(blob, cancellationToken) is { } manifest ? [.. manifest.Files.Select(file => file.Digest)] : [];
    }
}
