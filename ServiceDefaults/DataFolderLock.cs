namespace InternPlatform.ServiceDefaults;

/// <summary>
/// One host at a time on a data folder. The lock is the kernel's (flock, which FileShare.None takes), so it goes with its process
/// however that ends.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream file;

    private DataFolderLock(FileStream file) => this.file = file;

    /// <exception cref="StartRefusedException">Another process holds it, or the folder cannot be written.</exception>
    public static DataFolderLock Take(string folder, string host)
    {
        var note = Path.Combine(folder, $"{host}.pid");
        try
        {
            OwnerOnly.CreateFolder(folder);
            var file = new FileStream(Path.Combine(folder, $"{host}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(note, $"{Environment.ProcessId}");
            return new DataFolderLock(file);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException($"The data folder {folder} cannot be written ({e.Message}) Give another with --data or Platform__Data.");
        }
        catch (IOException) when (File.Exists(note))
        {
            throw new StartRefusedException(
                $"The data folder {folder} is in use by process {File.ReadAllText(note)}. Stop that one, or give another folder with --data or Platform__Data.");
        }
        catch (IOException e)
        {
            throw new StartRefusedException($"The data folder {folder} cannot be used: {e.Message} Give another with --data or Platform__Data.");
        }
    }

    public void Dispose() => file.Dispose();
}
