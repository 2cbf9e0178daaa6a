using InternPlatform.Artifacts.S3;

namespace InternPlatform.Artifacts;

/// <summary>Where artifacts are kept.</summary>
/// <param name="Location"><c>folder:/absolute/path</c>, or <c>http://key:secret@host:port/bucket</c>.</param>
public sealed record ArtifactOptions(string Location)
{
    /// <summary>Where verified copies of a remote store's blobs lie. A folder store needs none.</summary>
    public string CacheFolder { get; init; } = Path.Join(Path.GetTempPath(), "intern-artifact-cache");

    /// <summary>Bytes of copies above which the oldest go.</summary>
    public long CacheBytes { get; init; } = 20L << 30;
}

/// <summary>Opens the store that the configuration names.</summary>
public static class ArtifactStores
{
    private const string FolderPrefix = "folder:";

    /// <exception cref="UnsupportedStoreException">The location is neither known nor a folder.</exception>
    public static IArtifactStore Open(ArtifactOptions options, TimeProvider time)
    {
        if (options.Location.StartsWith(FolderPrefix, StringComparison.Ordinal) && Path.IsPathFullyQualified(options.Location[FolderPrefix.Length..]))
        {
            return new FolderArtifactStore(options.Location[FolderPrefix.Length..], time);
        }

        return S3Location.TryRead(options.Location) is { } server
            ? new S3ArtifactStore(server, options.CacheFolder, options.CacheBytes, time)
            : throw new UnsupportedStoreException(options.Location);
    }

    public static IArtifactStore Open(ArtifactOptions options) => Open(options, TimeProvider.System);
}
