namespace InternPlatform.Artifacts;

/// <summary>Files that appear whole or not at all, and are on disk when the call returns.</summary>
internal static class DurableFile
{
    private const int NoSpace = 28;
    private const int OverQuota = 122;
    private const int Exists = 17;
    private const int WindowsExists = unchecked((int)0x800700B7);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static FileStream CreateNew(string path)
        => new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous });

    /// <summary>Writes a small file in place of another: the old or the new content survives a crash, never a mixture.</summary>
    public static async Task ReplaceAsync(string path, ReadOnlyMemory<byte> content, string temporary, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = CreateNew(temporary);
            await file.WriteAsync(content, cancellationToken);
            file.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
            // A second flush through the open handle puts the new name into the journal: without it a power cut may undo the rename.
            file.Flush(flushToDisk: true);
        }
        catch (IOException e) when (IsFullDisk(e))
        {
            throw new FullDiskException(path, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static bool IsFullDisk(Exception exception)
        => exception is FullDiskException or IOException { HResult: NoSpace or OverQuota or WindowsDiskFull };

    /// <summary>Told by the error itself: looking again would meet another process's next move.</summary>
    public static bool IsAlreadyThere(IOException exception) => exception.HResult is Exists or WindowsExists;
}
