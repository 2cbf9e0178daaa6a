namespace InternPlatform.Artifacts;

/// <summary>Where artifacts are kept.</summary>
/// <param name="Location"><c>folder:/absolute/path</c>.</param>
public sealed record ArtifactOptions(string Location);

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

        throw new UnsupportedStoreException(options.Location);
    }

    public static IArtifactStore Open(ArtifactOptions options) => Open(options, TimeProvider.System);
}
