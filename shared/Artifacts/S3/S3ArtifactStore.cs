namespace InternPlatform.Artifacts.S3;

/// <summary>
/// The store in a bucket: <c>blobs/ab/abcd…</c>, <c>refs/{name}~{digest}</c> (empty objects: a listing tells all references), <c>marks/{digest}/{id}</c>
/// (somebody answers for this blob now), <c>trash/</c> for what is being deleted. Reads go through a verified copy on this machine.
/// Invariants, on which several processes rely without a lock, on a server whose reads and listings see every finished write:
/// 1. A blob appears by one put of bytes that were hashed before, under the name of their hash; two writers write the same.
/// 2. Whoever answers for an existing blob (a second put, a reference) writes a mark first and looks for the blob afterwards.
/// 3. The collector moves a blob to trash first and looks at its marks afterwards: one that it has not judged means somebody answered for the blob, so it goes back.
/// </summary>
internal sealed class S3ArtifactStore : IArtifactStore, IDisposable
{
    private const string Blobs = "blobs/";
    private const string References = "refs/";
    private const string Marks = "marks/";
    private const string Trash = "trash/";
    private const int DigestLength = 64;
    private const int LongestName = 900;    // a key has at most 1,024 bytes

    private readonly S3Bucket bucket;
    private readonly BlobCache cache;
    private readonly CollectorLock collector;
    private readonly ManifestFiles manifests = new();

    public S3ArtifactStore(S3Location location, string cacheFolder, long cacheBytes, TimeProvider time)
    {
        bucket = new S3Bucket(location);
        cache = new BlobCache(cacheFolder, cacheBytes, time);
        collector = new CollectorLock(bucket, time);
    }

    public void Dispose() => bucket.Dispose();

    public Task PrepareAsync(CancellationToken cancellationToken) => bucket.EnsureAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => bucket.CheckAsync(cancellationToken);

    public async Task<string> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        var temporary = cache.Temporary();
        try
        {
            string digest;
            await using (var file = DurableFile.CreateNew(temporary))
            {
                digest = await BlobHash.CopyAsync(content, file, cancellationToken);
                await MarkAsync(digest, cancellationToken);
                if (!await IsSoundAsync(digest, file.Length, cancellationToken))
                {
                    file.Position = 0;
                    await bucket.PutAsync(BlobKey(digest), file, cancellationToken);
                }
            }

            cache.Take(temporary, digest);
            return digest;
        }
        catch (IOException e) when (DurableFile.IsFullDisk(e))
        {
            throw new FullDiskException(temporary, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task<Stream> OpenAsync(string digest, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await cache.TryOpenAsync(digest, cancellationToken) is { } file)
            {
                return file;
            }

            await FetchAsync(digest, cancellationToken);
        }
    }

    public async Task<string> LocalPathAsync(string digest, CancellationToken cancellationToken)
    {
        await using var verified = await OpenAsync(digest, cancellationToken);
        return cache.PathOf(digest);
    }

    public async Task<bool> ExistsAsync(string digest, CancellationToken cancellationToken) => await FindSizeAsync(digest, cancellationToken) is not null;

    public async Task<long> SizeAsync(string digest, CancellationToken cancellationToken)
        => await FindSizeAsync(digest, cancellationToken) ?? throw new ArtifactNotFoundException(digest);

    public async Task AddReferenceAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var added = ReferenceKey(name, ArtifactPath.Digest(digest));
        var previous = await ListReferenceAsync(name, cancellationToken);
        await bucket.PutEmptyAsync(added, cancellationToken);
        try
        {
            await AnswerForAsync(digest, cancellationToken);
            foreach (var file in await manifests.OfAsync(this, digest, cancellationToken))
            {
                await AnswerForAsync(file, cancellationToken);
            }
        }
        catch
        {
            // The name is as it was: a refused reference keeps nothing alive and loses nothing.
            if (!previous.Contains(added))
            {
                await bucket.DeleteAsync(added, CancellationToken.None);
            }

            throw;
        }

        foreach (var old in previous.Where(key => key != added))
        {
            await bucket.DeleteAsync(old, cancellationToken);
        }
    }

    public async Task RemoveReferenceAsync(string name, CancellationToken cancellationToken)
    {
        foreach (var key in await ListReferenceAsync(name, cancellationToken))
        {
            await bucket.DeleteAsync(key, cancellationToken);
        }
    }

    public async Task<CollectionReport> CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        await using var alone = await collector.TakeAsync(cancellationToken);
        var leftovers = await RestoreTrashAsync(cancellationToken);

        // Listed before the references are read: a reference added after the listing leaves a mark that was not judged, one added before it is read.
        var oldest = await collector.ServerTimeAsync(cancellationToken) - minimumAge;
        var marks = await JudgeMarksAsync(cancellationToken);
        var blobs = await ListAsync(Blobs, cancellationToken);
        var reachable = await ReachableAsync(cancellationToken);
        var (deleted, freed) = (0, 0L);
        foreach (var blob in blobs.Where(blob => ArtifactPath.IsDigest(DigestOf(blob))))
        {
            var (digest, judged) = (DigestOf(blob), marks.GetValueOrDefault(DigestOf(blob)) ?? []);
            var isYoung = blob.Changed > oldest || judged.Any(mark => mark.Changed > oldest);
            if (!isYoung && !reachable.Contains(digest) && await TryDeleteAsync(digest, judged, cancellationToken))
            {
                deleted++;
                freed += blob.Size;
            }

            await alone.RenewAsync(cancellationToken);
        }

        await ForgetMarksAsync(marks.Values.SelectMany(judged => judged).Where(mark => mark.Changed <= oldest), cancellationToken);
        return new CollectionReport { DeletedBlobs = deleted, FreedBytes = freed, KeptBlobs = blobs.Count - deleted, DeletedLeftovers = leftovers };
    }

    /// <summary>Bytes of what lies under the name, where they are the ones it names.</summary>
    private async Task<bool> IsSoundAsync(string digest, long size, CancellationToken cancellationToken)
    {
        if (await bucket.SizeAsync(BlobKey(digest), cancellationToken) != size)
        {
            return false;
        }

        var found = "";
        await bucket.ReadAsync(BlobKey(digest), async (bytes, token) => found = await BlobHash.CopyAsync(bytes, Stream.Null, token), cancellationToken);
        return found == digest;
    }

    /// <summary>A blob in the collector's hands is looked for there, and once more at its place, to which it may have gone back.</summary>
    private async Task FetchAsync(string digest, CancellationToken cancellationToken)
    {
        var temporary = cache.Temporary();
        try
        {
            foreach (var key in (string[])[BlobKey(digest), Trash + digest, BlobKey(digest)])
            {
                if (await bucket.ReadAsync(key, (bytes, token) => SaveAsync(digest, bytes, temporary, token), cancellationToken))
                {
                    cache.Take(temporary, digest);
                    return;
                }
            }

            throw new ArtifactNotFoundException(digest);
        }
        catch (IOException e) when (DurableFile.IsFullDisk(e))
        {
            throw new FullDiskException(temporary, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task SaveAsync(string digest, Stream bytes, string path, CancellationToken cancellationToken)
    {
        await using var file = DurableFile.CreateNew(path);
        var found = await BlobHash.CopyAsync(bytes, file, cancellationToken);
        if (found != digest)
        {
            throw new CorruptArtifactException(digest, $"its {file.Length} bytes hash to {found}");
        }
    }

    private async Task<long?> FindSizeAsync(string digest, CancellationToken cancellationToken)
        => await bucket.SizeAsync(BlobKey(digest), cancellationToken)
            ?? await bucket.SizeAsync(Trash + digest, cancellationToken)
            ?? await bucket.SizeAsync(BlobKey(digest), cancellationToken);

    private Task MarkAsync(string digest, CancellationToken cancellationToken) => bucket.PutEmptyAsync($"{Marks}{digest}/{Guid.CreateVersion7():N}", cancellationToken);

    /// <summary>Marks a blob that must not be collected now, and takes it back from a collector that holds it.</summary>
    private async Task AnswerForAsync(string digest, CancellationToken cancellationToken)
    {
        await MarkAsync(digest, cancellationToken);
        while (await bucket.SizeAsync(BlobKey(digest), cancellationToken) is null)
        {
            if (!await bucket.CopyAsync(Trash + digest, BlobKey(digest), cancellationToken) && await bucket.SizeAsync(BlobKey(digest), cancellationToken) is null)
            {
                throw new ArtifactNotFoundException(digest);
            }
        }
    }

    private async Task<bool> TryDeleteAsync(string digest, IReadOnlyList<S3Object> judged, CancellationToken cancellationToken)
    {
        if (!await bucket.CopyAsync(BlobKey(digest), Trash + digest, cancellationToken))
        {
            return false;
        }

        await bucket.DeleteAsync(BlobKey(digest), cancellationToken);
        var known = judged.Select(mark => mark.Key).ToHashSet(StringComparer.Ordinal);
        if ((await ListAsync($"{Marks}{digest}/", cancellationToken)).Exists(mark => !known.Contains(mark.Key)))
        {
            await GiveBackAsync(digest, cancellationToken);
            return false;
        }

        await bucket.DeleteAsync(Trash + digest, cancellationToken);
        await ForgetMarksAsync(judged, cancellationToken);
        return true;
    }

    private async Task GiveBackAsync(string digest, CancellationToken cancellationToken)
    {
        if (await bucket.SizeAsync(BlobKey(digest), cancellationToken) is null)
        {
            await bucket.CopyAsync(Trash + digest, BlobKey(digest), cancellationToken);
        }

        await bucket.DeleteAsync(Trash + digest, cancellationToken);
    }

    /// <summary>What a collector that died held in its hands goes back to its place.</summary>
    private async Task<int> RestoreTrashAsync(CancellationToken cancellationToken)
    {
        var held = await ListAsync(Trash, cancellationToken);
        foreach (var item in held)
        {
            await GiveBackAsync(DigestOf(item), cancellationToken);
        }

        return held.Count;
    }

    private async Task<Dictionary<string, List<S3Object>>> JudgeMarksAsync(CancellationToken cancellationToken)
        => (await ListAsync(Marks, cancellationToken)).GroupBy(mark => mark.Key.Split('/')[1]).ToDictionary(blob => blob.Key, blob => blob.ToList());

    private async Task ForgetMarksAsync(IEnumerable<S3Object> marks, CancellationToken cancellationToken)
        => await Parallel.ForEachAsync(marks, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (mark, token) => await bucket.DeleteAsync(mark.Key, token));

    /// <summary>Every digest that a reference reaches. A manifest that cannot be read stops the collection: its files must not be taken for rubbish.</summary>
    private async Task<HashSet<string>> ReachableAsync(CancellationToken cancellationToken)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reference in await ListAsync(References, cancellationToken))
        {
            var digest = reference.Key[^Math.Min(DigestLength, reference.Key.Length)..];
            if (!ArtifactPath.IsDigest(digest))
            {
                throw new CorruptReferenceException(reference.Key);
            }

            if (reachable.Add(digest) && await ExistsAsync(digest, cancellationToken))
            {
                reachable.UnionWith(await manifests.OfAsync(this, digest, cancellationToken));
            }
        }

        return reachable;
    }

    private async Task<List<string>> ListReferenceAsync(string name, CancellationToken cancellationToken)
    {
        var prefix = ReferenceKey(name, "");
        return [.. (await ListAsync(prefix, cancellationToken)).Select(found => found.Key).Where(key => key.Length == prefix.Length + DigestLength && ArtifactPath.IsDigest(key[prefix.Length..]))];
    }

    private ValueTask<List<S3Object>> ListAsync(string prefix, CancellationToken cancellationToken) => bucket.ListAsync(prefix, cancellationToken).ToListAsync(cancellationToken);

    private static string BlobKey(string digest) => $"{Blobs}{ArtifactPath.Digest(digest)[..2]}/{digest}";

    private static string DigestOf(S3Object item) => item.Key[(item.Key.LastIndexOf('/') + 1)..];

    private static string ReferenceKey(string name, string digest) => System.Text.Encoding.UTF8.GetByteCount(ArtifactPath.Relative(name)) <= LongestName
        ? $"{References}{name}~{digest}"
        : throw new InvalidArtifactPathException(name, $"it is longer than {LongestName} bytes");
}
