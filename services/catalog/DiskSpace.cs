using InternPlatform.Artifacts;

namespace InternPlatform.Catalog;

/// <summary>Turns the operating system's word for a full disk into the one that jobs report.</summary>
internal static class DiskSpace
{
    private const int NoSpace = 28;         // ENOSPC
    private const int OverQuota = 122;      // EDQUOT
    private const int WindowsFull = unchecked((int)0x80070070);

    public static async Task<T> WatchAsync<T>(string folder, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (IOException e) when (e.HResult is NoSpace or OverQuota or WindowsFull)
        {
            throw new FullDiskException(folder, e);
        }
    }
}
