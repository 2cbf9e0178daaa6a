namespace InternPlatform.Jobs;

/// <summary>
/// A lock of this machine, held by a process until it ends, however it ends: devices, and the one worker of a job.
/// <see cref="FileShare.None"/> takes the kernel's flock, which goes with the last handle, also after kill -9.
/// </summary>
internal static class LockFile
{
    private const int WouldBlock = 11;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits its turn. Dispose the stream to let go.</summary>
    public static async Task<FileStream> TakeAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e.HResult is WouldBlock or WindowsSharingViolation)
            {
                await Task.Delay(Interval, cancellationToken);
            }
        }
    }
}
