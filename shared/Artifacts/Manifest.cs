namespace InternPlatform.Artifacts;

/// <summary>What an artifact is and which blobs are its files. Its digest is the artifact's id.</summary>
public sealed record Manifest
{
    /// <summary><c>dataset</c>, <c>tokenizer</c>, <c>shards</c>, <c>model</c>, …</summary>
    public required string Kind { get; init; }
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>Small facts worth knowing without opening the files.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }
}

/// <summary>One file of an artifact.</summary>
/// <param name="Path">Relative, separated by '/'.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Size">In bytes.</param>
public sealed record ManifestFile(string Path, string Digest, long Size);
