using System.Globalization;
using System.Text;

namespace InternPlatform.Artifacts;

/// <summary>
/// Files on their way in, which survive broken connections and restarts. Per upload: <c>{id}.size</c> (announced), <c>{id}.part</c> (bytes),
/// <c>{id}.offset</c> (bytes known to be on disk; what lies beyond it after a crash is cut off), <c>{id}.digest</c> once it is a blob.
/// </summary>
public sealed class UploadArea
{
    private const int PieceBytes = 8 << 20;    // written to disk and counted at least this often, so that a crash costs no more
    private readonly string folder;
    private readonly TimeProvider time;

    public UploadArea(string folder, TimeProvider time)
    {
        this.folder = folder;
        this.time = time;
        Directory.CreateDirectory(folder);
    }

    /// <exception cref="FullDiskException">The disk has less room than the announced size.</exception>
    public async Task StartAsync(Guid id, long sizeBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        if (new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace < sizeBytes)
        {
            throw new FullDiskException(folder, null);
        }

        await ReplaceAsync(id, "size", sizeBytes.ToString(CultureInfo.InvariantCulture), cancellationToken);
    }

    /// <summary>Announced size, and how many bytes are safely stored.</summary>
    public async Task<(long Size, long Offset)> StateAsync(Guid id, CancellationToken cancellationToken)
    {
        var size = await SizeAsync(id, cancellationToken);
        return (size, File.Exists(PathOf(id, "digest")) ? size : await OffsetAsync(id, cancellationToken));
    }

    /// <summary>Appends at <paramref name="offset"/> and returns the new one. A source that breaks off leaves what came before it, stored and counted.</summary>
    public async Task<long> AppendAsync(Guid id, long offset, Stream content, CancellationToken cancellationToken)
    {
        var size = await SizeAsync(id, cancellationToken);
        await using var part = OpenPart(id);
        var stored = await OffsetAsync(id, cancellationToken);
        if (offset != stored || File.Exists(PathOf(id, "digest")))
        {
            throw new WrongUploadOffsetException(id, File.Exists(PathOf(id, "digest")) ? size : stored, offset);
        }

        part.SetLength(stored);
        part.Position = stored;
        try
        {
            return await CopyAsync(id, content, part, size, cancellationToken);
        }
        catch (Exception e) when (DurableFile.IsFullDisk(e))
        {
            part.SetLength(await OffsetAsync(id, CancellationToken.None));    // what was counted stays, the rest makes room
            throw e as FullDiskException ?? new FullDiskException(folder, e);
        }
        catch (UploadTooLargeException)
        {
            part.SetLength(stored);
            await ReplaceAsync(id, "offset", stored.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
            throw;
        }
    }

    /// <summary>Makes a blob of a whole upload and returns its digest; asking again gives the same answer.</summary>
    /// <exception cref="UploadIncompleteException">Bytes are still missing.</exception>
    public async Task<string> CompleteAsync(Guid id, IArtifactStore store, CancellationToken cancellationToken)
    {
        var size = await SizeAsync(id, cancellationToken);
        if (File.Exists(PathOf(id, "digest")))
        {
            return await File.ReadAllTextAsync(PathOf(id, "digest"), cancellationToken);
        }

        await using (var part = OpenPart(id))
        {
            var stored = await OffsetAsync(id, cancellationToken);
            if (stored != size)
            {
                throw new UploadIncompleteException(id, size, stored);
            }

            part.SetLength(stored);
            part.Position = 0;
            var digest = await store.PutAsync(part, cancellationToken);
            await ReplaceAsync(id, "digest", digest, cancellationToken);
            File.Delete(PathOf(id, "part"));
            return digest;
        }
    }

    /// <summary>Forgets an upload and its bytes; a blob made of it stays.</summary>
    public void Delete(Guid id)
    {
        foreach (var ending in (string[])["size", "part", "offset", "digest"])
        {
            File.Delete(PathOf(id, ending));
        }
    }

    /// <summary>Forgets uploads that nobody has written to for <paramref name="age"/>; returns how many.</summary>
    public int DeleteAbandoned(TimeSpan age)
    {
        var oldest = time.GetUtcNow().UtcDateTime - age;
        var abandoned = new DirectoryInfo(folder).GetFiles().GroupBy(file => file.Name.Split('.')[0])
            .Where(upload => Guid.TryParseExact(upload.Key, "N", out _) && upload.All(file => file.LastWriteTimeUtc < oldest)).ToList();
        abandoned.ForEach(upload => Delete(Guid.ParseExact(upload.Key, "N")));
        return abandoned.Count;
    }

    private async Task<long> CopyAsync(Guid id, Stream content, FileStream part, long size, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        var counted = part.Position;
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                if (part.Position + read > size)
                {
                    throw new UploadTooLargeException(id, size);
                }

                await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                if (part.Position - counted >= PieceBytes)
                {
                    counted = await CountAsync(id, part);
                }
            }
        }
        catch (Exception e) when (e is not UploadTooLargeException && !DurableFile.IsFullDisk(e))
        {
            await CountAsync(id, part);
            throw;
        }

        return await CountAsync(id, part);
    }

    private async Task<long> CountAsync(Guid id, FileStream part)
    {
        part.Flush(flushToDisk: true);
        await ReplaceAsync(id, "offset", part.Position.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
        return part.Position;
    }

    private async Task<long> SizeAsync(Guid id, CancellationToken cancellationToken)
        => await NumberAsync(id, "size", cancellationToken) ?? throw new UploadNotFoundException(id);

    private async Task<long> OffsetAsync(Guid id, CancellationToken cancellationToken) => await NumberAsync(id, "offset", cancellationToken) ?? 0;

    private async Task<long?> NumberAsync(Guid id, string ending, CancellationToken cancellationToken)
        => File.Exists(PathOf(id, ending)) ? long.Parse(await File.ReadAllTextAsync(PathOf(id, ending), cancellationToken), CultureInfo.InvariantCulture) : null;

    /// <summary>Not shared: the second writer of an upload is refused, not interleaved.</summary>
    private FileStream OpenPart(Guid id)
    {
        try
        {
            return new FileStream(PathOf(id, "part"), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0, Options = FileOptions.Asynchronous });
        }
        catch (IOException e) when (!DurableFile.IsFullDisk(e) && File.Exists(PathOf(id, "part")))
        {
            throw new UploadBusyException(id);
        }
    }

    private Task ReplaceAsync(Guid id, string ending, string content, CancellationToken cancellationToken)
        => DurableFile.ReplaceAsync(PathOf(id, ending), Encoding.ASCII.GetBytes(content), PathOf(id, $"{ending}.{Guid.CreateVersion7():N}"), cancellationToken);

    private string PathOf(Guid id, string ending) => Path.Join(folder, $"{id:N}.{ending}");
}
