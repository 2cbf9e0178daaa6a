using InternPlatform.Jobs.Native;

namespace InternPlatform.Jobs;

/// <summary>A lock of this machine, held by a process until it ends, however it ends: devices, and the one worker of a job.</summary>
internal static class LockFile
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits its turn. Dispose the stream to let go.</summary>
    public static async Task<FileStream> TakeAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Shared, so that .NET takes no lock of its own on the file.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            while (!Posix.TryLock(file.SafeFileHandle))
            {
                await Task.Delay(Interval, cancellationToken);
            }

            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }
}
