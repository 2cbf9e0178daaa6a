namespace InternPlatform.Artifacts;

/// <summary>A promise of the store that could not be kept, or a request it refuses; each kind is its own type.</summary>
public abstract class ArtifactException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The stored bytes are not the ones the digest names. They are never handed out.</summary>
public sealed class CorruptArtifactException(string digest, string reason)
    : ArtifactException($"Artifact {digest} is damaged: {reason}. Put the same content again, or make it again, to heal it.")
{
    public string Digest { get; } = digest;
    public string Reason { get; } = reason;
}

/// <summary>No blob of that digest.</summary>
public sealed class ArtifactNotFoundException(string digest) : ArtifactException($"There is no artifact {digest} in the store.")
{
    public string Digest { get; } = digest;
}

/// <summary>An artifact has no file of that path.</summary>
public sealed class ArtifactFileNotFoundException(string artifactId, string path) : ArtifactException($"Artifact {artifactId} has no file '{path}'.")
{
    public string ArtifactId { get; } = artifactId;
    public string Path { get; } = path;
}

/// <summary>A name that could lead outside its folder, or that some file system cannot hold.</summary>
public sealed class InvalidArtifactPathException(string path, string reason) : ArtifactException($"The name '{Printable(path)}' is refused: {reason}.")
{
    public string Path { get; } = path;
    public string Reason { get; } = reason;

    private static string Printable(string path)
    {
        var shown = path.Length > 80 ? path[..80] + "…" : path;
        return string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}

/// <summary>A blob that is not a manifest, or a manifest that breaks its own rules.</summary>
public sealed class InvalidManifestException(string artifactId, string reason) : ArtifactException($"Artifact {artifactId} has no usable manifest: {reason}.")
{
    public string ArtifactId { get; } = artifactId;
    public string Reason { get; } = reason;
}

/// <summary>The disk, or the quota, is full. Nothing half-written was left.</summary>
public sealed class FullDiskException(string path, Exception? inner)
    : ArtifactException($"No space is left for {path}. Free space on that disk, or choose another data folder, and try again.", inner)
{
    public string Path { get; } = path;
}

/// <summary>The folder to fill holds something else already.</summary>
public sealed class FolderOccupiedException(string folder, string reason) : ArtifactException($"The folder {folder} exists and is not this artifact: {reason}.")
{
    public string Folder { get; } = folder;
}

/// <summary>The store that the configuration asks for is none that is known here.</summary>
public sealed class UnsupportedStoreException(string location, string reason = "it is neither a folder nor an S3 server")
    : ArtifactException($"The artifact store '{location}' cannot be used: {reason}. Use 'folder:/absolute/path', or 'http://key:secret@host:port/bucket' (or https).")
{
    public string Location { get; } = location;
}

/// <summary>The store does not answer, or does not let us in.</summary>
public sealed class StoreUnreachableException(string location, string reason, Exception? inner)
    : ArtifactException($"The artifact store {location} cannot be used: {reason.TrimEnd('.')}.", inner)
{
    public string Location { get; } = location;

    /// <summary>Whether it may be well in a moment: the server does not answer, where another reason needs somebody.</summary>
    public bool MayPass { get; init; }
}

/// <summary>A reference file does not hold a digest. Collection stops rather than guess what it kept alive.</summary>
public sealed class CorruptReferenceException(string path) : ArtifactException($"The reference {path} does not hold a digest. Delete it, or write it again.")
{
    public string Path { get; } = path;
}
