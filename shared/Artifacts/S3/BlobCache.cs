namespace InternPlatform.Artifacts.S3;

/// <summary>
/// Verified copies of remote blobs on this machine, one file each, shared by its processes. What is read is verified again: a disk forgets, too.
/// The oldest go when there is too much; a file that somebody has open stays readable.
/// </summary>
internal sealed class BlobCache
{
    private static readonly TimeSpan SparedAfterUse = TimeSpan.FromHours(1);

    private readonly string folder;
    private readonly string temp;
    private readonly long mostBytes;
    private readonly TimeProvider time;

    public BlobCache(string folder, long mostBytes, TimeProvider time)
    {
        (this.folder, this.mostBytes, this.time) = (folder, mostBytes, time);
        temp = Path.Join(folder, "temp");
        Directory.CreateDirectory(temp);
    }

    public string PathOf(string digest) => Path.Join(folder, ArtifactPath.Digest(digest)[..2], digest);

    /// <summary>A place to write before the digest is known.</summary>
    public string Temporary() => Path.Join(temp, Guid.CreateVersion7().ToString("N"));

    /// <returns>The verified copy, at its beginning; null where there is none or it has rotted.</returns>
    public async Task<FileStream?> TryOpenAsync(string digest, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(PathOf(digest), new FileStreamOptions { Mode = FileMode.Open, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 1 << 16, Options = FileOptions.Asynchronous });
            File.SetLastWriteTimeUtc(PathOf(digest), time.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            await BlobHash.VerifyAsync(digest, file, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch (CorruptArtifactException)
        {
            await file.DisposeAsync();
            File.Delete(PathOf(digest));
            return null;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes a complete temporary file whose bytes have the digest.</summary>
    public void Take(string temporary, string digest)
    {
        MakeRoom(new FileInfo(temporary).Length);
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(digest))!);
        File.Move(temporary, PathOf(digest), overwrite: true);
    }

    private void MakeRoom(long bytes)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => ArtifactPath.IsDigest(file.Name)).ToList();
        var tooMuch = files.Sum(file => file.Length) + bytes - mostBytes;
        var spared = time.GetUtcNow().UtcDateTime - SparedAfterUse;
        foreach (var file in files.OrderBy(file => file.LastWriteTimeUtc).TakeWhile(file => file.LastWriteTimeUtc < spared))
        {
            if (tooMuch <= 0)
            {
                return;
            }

            tooMuch -= file.Length;
            file.Delete();
        }
    }
}
