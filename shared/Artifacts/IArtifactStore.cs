namespace InternPlatform.Artifacts;

/// <summary>Content-addressed blobs: written once, named by the SHA-256 of their bytes, verified whenever they are read.</summary>
public interface IArtifactStore
{
    /// <summary>What a service does at its start: makes an empty store where there is none yet.</summary>
    /// <exception cref="StoreUnreachableException">It cannot be used, and why.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Whether the store can be used: its folder or bucket is there, its server answers and knows us. A store that went away is not made anew.</summary>
    /// <exception cref="StoreUnreachableException">It cannot, and why.</exception>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Stores the content and returns its digest. It is whole and on disk when this returns; the same content twice is one blob.</summary>
    /// <exception cref="FullDiskException">No space is left; nothing of the blob remains.</exception>
    Task<string> PutAsync(Stream content, CancellationToken cancellationToken);

    /// <summary>A seekable stream over the blob. The whole blob is verified before the first byte is handed out.</summary>
    /// <exception cref="ArtifactNotFoundException">There is no such blob.</exception>
    /// <exception cref="CorruptArtifactException">Its bytes are not the ones it was named after.</exception>
    Task<Stream> OpenAsync(string digest, CancellationToken cancellationToken);

    /// <summary>Path of a verified local file with the blob's bytes, to be read only.</summary>
    Task<string> LocalPathAsync(string digest, CancellationToken cancellationToken);

    Task<bool> ExistsAsync(string digest, CancellationToken cancellationToken);

    /// <exception cref="ArtifactNotFoundException">There is no such blob.</exception>
    Task<long> SizeAsync(string digest, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a blob from being collected, and the files of a manifest with it. A reference is written before the row that uses it;
    /// a name that exists is pointed at the new digest.
    /// </summary>
    /// <exception cref="ArtifactNotFoundException">The blob, or a file of the manifest, is not there (any more): put it again.</exception>
    Task AddReferenceAsync(string name, string digest, CancellationToken cancellationToken);

    /// <summary>Forgets a reference; one that does not exist is forgotten already.</summary>
    Task RemoveReferenceAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes blobs that no reference reaches and that were not put or referenced within <paramref name="minimumAge"/>. May run beside puts:
    /// a blob that a put has answered for is not taken, however old its bytes are.
    /// </summary>
    Task<CollectionReport> CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken);
}

/// <summary>What a collection did.</summary>
public sealed record CollectionReport
{
    public required int DeletedBlobs { get; init; }
    public required long FreedBytes { get; init; }
    public required int KeptBlobs { get; init; }

    /// <summary>Half-written files of processes that died.</summary>
    public required int DeletedLeftovers { get; init; }
}
