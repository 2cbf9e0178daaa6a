namespace InternPlatform.Artifacts;

/// <summary>
/// The store as a folder: <c>blobs/ab/abcd…</c> (read-only files), <c>refs/{name}.ref</c>, <c>temp/</c> for what is being written, <c>trash/</c> for what is being deleted.
/// Invariants, on which several processes rely without a lock:
/// 1. A blob appears under its name by one create-only link of a complete, flushed file.
/// 2. Whoever answers for an existing blob (a second put, a reference) sets its time first. The setting fails when the blob has gone.
/// 3. The collector moves a blob to trash first and looks at its time afterwards: changed since it was judged means somebody answered for it, so it goes back.
/// </summary>
public sealed class FolderArtifactStore : IArtifactStore
{
    private readonly TimeProvider time;
    private readonly string blobs;
    private readonly string temp;
    private readonly string trash;
    private readonly string collectorLock;
    private readonly ArtifactReferences references;

    public FolderArtifactStore(string root, TimeProvider time)
    {
        this.time = time;
        blobs = Path.Join(root, "blobs");
        temp = Path.Join(root, "temp");
        trash = Path.Join(root, "trash");
        collectorLock = Path.Join(root, "collector.lock");
        references = new ArtifactReferences(Path.Join(root, "refs"), temp);
        foreach (var folder in (string[])[blobs, temp, trash])
        {
            Directory.CreateDirectory(folder);
        }
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => CheckAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken)
        => Directory.Exists(blobs) ? Task.CompletedTask : throw new StoreUnreachableException(blobs, "the folder is gone", null);

    public async Task<string> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        var temporary = Path.Join(temp, Guid.CreateVersion7().ToString("N"));
        try
        {
            await using var file = DurableFile.CreateNew(temporary);
            var digest = await BlobHash.CopyAsync(content, file, cancellationToken);
            file.Flush(flushToDisk: true);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            if (await PublishAsync(temporary, digest, cancellationToken))
            {
                file.Flush(flushToDisk: true);    // the new name, too
            }

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
        var file = OpenFile(digest);
        try
        {
            await BlobHash.VerifyAsync(digest, file, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public async Task<string> LocalPathAsync(string digest, CancellationToken cancellationToken)
    {
        await using var file = OpenFile(digest);
        await BlobHash.VerifyAsync(digest, file, cancellationToken);
        return BlobPath(digest);
    }

    public Task<bool> ExistsAsync(string digest, CancellationToken cancellationToken)
        => Task.FromResult(File.Exists(BlobPath(digest)) || File.Exists(Path.Join(trash, digest)) || File.Exists(BlobPath(digest)));

    public async Task<long> SizeAsync(string digest, CancellationToken cancellationToken)
    {
        await using var file = OpenFile(digest);
        return file.Length;
    }

    public async Task AddReferenceAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var previous = await references.ReadAsync(name, cancellationToken);
        await references.WriteAsync(name, ArtifactPath.Digest(digest), cancellationToken);
        try
        {
            foreach (var reached in await ReachedAsync(digest, cancellationToken))
            {
                AnswerFor(reached);
            }
        }
        catch
        {
            // The name is as it was: a refused reference keeps nothing alive and loses nothing.
            await references.RestoreAsync(name, previous, CancellationToken.None);
            throw;
        }
    }

    public Task RemoveReferenceAsync(string name, CancellationToken cancellationToken)
    {
        references.Remove(name);
        return Task.CompletedTask;
    }

    public async Task<CollectionReport> CollectAsync(TimeSpan minimumAge, CancellationToken cancellationToken)
    {
        await using var alone = await OpenCollectorLockAsync(cancellationToken);
        var leftovers = RestoreTrash() + DeleteAbandonedTemporaries(minimumAge);

        // Listed before the references are read: a reference added after the listing changes the blob's time, one added before it is read.
        var judged = ListBlobs();
        var reachable = await ReachableAsync(cancellationToken);
        var oldest = time.GetUtcNow().UtcDateTime - minimumAge;
        var (deleted, freed) = (0, 0L);
        foreach (var blob in judged.Where(blob => blob.LastWrite <= oldest && !reachable.Contains(blob.Digest)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryDelete(blob))
            {
                deleted++;
                freed += blob.Length;
            }
        }

        return new CollectionReport { DeletedBlobs = deleted, FreedBytes = freed, KeptBlobs = judged.Count - deleted, DeletedLeftovers = leftovers };
    }

    private sealed record JudgedBlob(string Digest, long Length, DateTime LastWrite);

    private List<JudgedBlob> ListBlobs()
    {
        var found = new List<JudgedBlob>();
        foreach (var file in new DirectoryInfo(blobs).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => ArtifactPath.IsDigest(file.Name)))
        {
            try
            {
                found.Add(new JudgedBlob(file.Name, file.Length, file.LastWriteTimeUtc));
            }
            catch (FileNotFoundException)
            {
                continue;    // taken back or healed in this instant; the next collection sees it
            }
        }

        return found;
    }

    private bool TryDelete(JudgedBlob blob)
    {
        var held = Path.Join(trash, blob.Digest);
        if (!TryMove(BlobPath(blob.Digest), held))
        {
            return false;
        }

        if (File.GetLastWriteTimeUtc(held) != blob.LastWrite)
        {
            GiveBack(held, blob.Digest);
            return false;
        }

        File.Delete(held);
        return !File.Exists(BlobPath(blob.Digest));
    }

    private void GiveBack(string held, string digest)
    {
        if (!TryMove(held, BlobPath(digest)))
        {
            File.Delete(held);    // it was put again in the meantime, or taken back already
        }
    }

    /// <summary>What a collector that died held in its hands goes back to its place.</summary>
    private int RestoreTrash()
    {
        var held = Directory.GetFiles(trash);
        foreach (var file in held)
        {
            GiveBack(file, Path.GetFileName(file));
        }

        return held.Length;
    }

    private int DeleteAbandonedTemporaries(TimeSpan minimumAge)
    {
        var age = minimumAge > TimeSpan.FromDays(1) ? minimumAge : TimeSpan.FromDays(1);
        var abandoned = new DirectoryInfo(temp).GetFiles().Where(file => file.LastWriteTimeUtc < time.GetUtcNow().UtcDateTime - age).ToList();
        abandoned.ForEach(file => file.Delete());
        return abandoned.Count;
    }

    /// <summary>Every digest that a reference reaches. A manifest that cannot be read stops the collection: its files must not be taken for rubbish.</summary>
    private async Task<HashSet<string>> ReachableAsync(CancellationToken cancellationToken)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var digest in references.ReadAllAsync(cancellationToken))
        {
            if (reachable.Add(digest) && await ExistsAsync(digest, cancellationToken))
            {
                reachable.UnionWith(await ReachedAsync(digest, cancellationToken));
            }
        }

        return reachable;
    }

    /// <summary>The blob itself and, where it is a manifest, its files.</summary>
    private async Task<IReadOnlyList<string>> ReachedAsync(string digest, CancellationToken cancellationToken)
    {
        await using var file = OpenFile(digest);
        if (!await ManifestJson.LooksLikeAsync(file, cancellationToken))
        {
            return [digest];
        }

        await using var verified = await OpenAsync(digest, cancellationToken);
        var manifest = await ManifestJson.TryReadAsync(verified, cancellationToken);
        return manifest is null ? [digest] : [digest, .. manifest.Files.Select(entry => entry.Digest)];
    }

    private async Task<FileStream> OpenCollectorLockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(collectorLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (!DurableFile.IsFullDisk(e))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
            }
        }
    }

    /// <returns>True when the temporary file became the blob, false when a sound one was there.</returns>
    private async Task<bool> PublishAsync(string temporary, string digest, CancellationToken cancellationToken)
    {
        var path = BlobPath(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                File.SetLastWriteTimeUtc(temporary, time.GetUtcNow().UtcDateTime);
                File.Move(temporary, path, overwrite: false);
                return true;
            }
            catch (IOException e) when (DurableFile.IsAlreadyThere(e))
            {
                if (TryTouch(path))
                {
                    return await HealAsync(temporary, path, digest, cancellationToken);
                }
            }
        }
    }

    /// <summary>The bytes just hashed are at hand: if the stored ones have rotted, they are replaced.</summary>
    private static async Task<bool> HealAsync(string temporary, string path, string digest, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = OpenRead(path);
            await BlobHash.VerifyAsync(digest, file, cancellationToken);
            return false;
        }
        catch (Exception e) when (e is CorruptArtifactException or FileNotFoundException)
        {
            File.Move(temporary, path, overwrite: true);
            return true;
        }
    }

    /// <summary>Sets the time of a blob that must not be collected now, and takes it back from a collector that holds it.</summary>
    private void AnswerFor(string digest)
    {
        while (!TryTouch(BlobPath(digest)))
        {
            if (!TryMove(Path.Join(trash, digest), BlobPath(digest)) && !File.Exists(BlobPath(digest)))
            {
                throw new ArtifactNotFoundException(digest);
            }
        }
    }

    /// <summary>
    /// The time always moves forward, so that the collector sees a change even when the clock stands or jumps back. It is read back: the kernel
    /// finds the file first and sets its time afterwards, and a file that was taken away and deleted in between takes the time, too.
    /// </summary>
    private bool TryTouch(string path)
    {
        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            var old = File.GetLastWriteTimeUtc(path);
            var mark = now > old ? now : old.AddTicks(1);
            File.SetLastWriteTimeUtc(path, mark);
            return File.GetLastWriteTimeUtc(path) >= mark;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException e) when (DurableFile.IsAlreadyThere(e))
        {
            return false;
        }
    }

    private string BlobPath(string digest) => Path.Join(blobs, ArtifactPath.Digest(digest)[..2], digest);

    /// <summary>A blob in the collector's hands is looked for there, and once more at its place, to which it may have gone back.</summary>
    private FileStream OpenFile(string digest)
    {
        foreach (var path in (string[])[BlobPath(digest), Path.Join(trash, digest), BlobPath(digest)])
        {
            try
            {
                return OpenRead(path);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                continue;
            }
        }

        throw new ArtifactNotFoundException(digest);
    }

    private static FileStream OpenRead(string path)
        => new(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 1 << 16, Options = FileOptions.Asynchronous });
}
