using InternPlatform.Training.Native;

namespace InternPlatform.Training.Checkpoints;

/// <summary>The steps of a checkpoint save at which a machine can stop.</summary>
internal enum FileOperation
{
    /// <summary>A folder is made.</summary>
    CreateFolder,

    /// <summary>A part of a file is written.</summary>
    Write,

    /// <summary>A file's bytes are forced to the disk.</summary>
    Flush,

    /// <summary>A file or folder gets its final name.</summary>
    Rename,

    /// <summary>A folder's entries are forced to the disk.</summary>
    FlushFolder,

    /// <summary>A file or folder is removed.</summary>
    Delete,

    /// <summary>A file is cut.</summary>
    Truncate,
}

/// <summary>File operations in the order a crash must not be able to disturb; each is announced, so that a test can stop there.</summary>
internal sealed class DurableFiles(Action<FileOperation, string>? before)
{
    public void CreateFolder(string path)
    {
        before?.Invoke(FileOperation.CreateFolder, path);
        Directory.CreateDirectory(path);
    }

    /// <summary>Writes a new file and forces it to the disk.</summary>
    public void WriteFile(string path, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        foreach (var part in parts)
        {
            before?.Invoke(FileOperation.Write, path);
            file.Write(part.Span);
        }

        before?.Invoke(FileOperation.Flush, path);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Appends to an open log and forces it to the disk.</summary>
    public void Flush(FileStream file)
    {
        before?.Invoke(FileOperation.Flush, file.Name);
        file.Flush(flushToDisk: true);
    }

    public void Truncate(FileStream file, long length)
    {
        before?.Invoke(FileOperation.Truncate, file.Name);
        file.SetLength(length);
        file.Seek(length, SeekOrigin.Begin);
    }

    public void RenameFile(string from, string to)
    {
        before?.Invoke(FileOperation.Rename, to);
        File.Move(from, to, overwrite: true);
    }

    public void RenameFolder(string from, string to)
    {
        before?.Invoke(FileOperation.Rename, to);
        Directory.Move(from, to);
    }

    public void DeleteFile(string path)
    {
        before?.Invoke(FileOperation.Delete, path);
        File.Delete(path);
    }

    public void DeleteFolder(string path)
    {
        before?.Invoke(FileOperation.Delete, path);
        Directory.Delete(path, recursive: true);
    }

    /// <summary>Forces names made or changed in a folder to the disk.</summary>
    public void FlushFolder(string path)
    {
        before?.Invoke(FileOperation.FlushFolder, path);
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = LibC.Open(path, 0);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {path} cannot be opened to flush it.");
        }

        var status = LibC.Flush(descriptor);
        _ = LibC.Close(descriptor);
        if (status != 0)
        {
            throw new IOException($"The folder {path} cannot be flushed to the disk.");
        }
    }
}
