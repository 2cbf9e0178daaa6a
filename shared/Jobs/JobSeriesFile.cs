using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>
/// An append-only file of JSON lines with one writer. A line counts once its line feed is there: a torn last one, left by a kill, is skipped by readers
/// and cut off by the next writer. A line's end offset is its id: it rises, and one can read on from it.
/// </summary>
internal sealed class JobSeriesFile : IDisposable
{
    private readonly FileStream file;

    public JobSeriesFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        file = new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
        file.SetLength(WholeLength());
        file.Seek(0, SeekOrigin.End);
    }

    /// <summary>One write call, so that a kill of this process loses the whole line or nothing.</summary>
    public void Append(ReadOnlySpan<byte> json) => file.Write([.. json, (byte)'\n']);

    public void Dispose() => file.Dispose();

    /// <summary>Whole lines after <paramref name="offset"/>, each with its end offset; at most <paramref name="limit"/> of them.</summary>
    public static IEnumerable<(long End, T Line)> Read<T>(string path, long offset, int limit)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
        if (offset < 0 || offset >= file.Length)
        {
            yield break;
        }

        file.Seek(offset, SeekOrigin.Begin);
        var buffer = new byte[1 << 16];
        var filled = 0;
        for (int read; limit > 0 && (read = file.Read(buffer, filled, buffer.Length - filled)) > 0;)
        {
            filled += read;
            var start = 0;
            for (int length; limit > 0 && (length = Array.IndexOf(buffer, (byte)'\n', start, filled - start) - start) >= 0; limit--)
            {
                offset += length + 1;
                yield return (offset, JsonSerializer.Deserialize<T>(buffer.AsSpan(start, length), PlatformJson.Options)!);
                start += length + 1;
            }

            filled -= start;
            Array.Copy(buffer, start, buffer, 0, filled);
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);    // a line longer than the buffer
            }
        }
    }

    /// <summary>Offset after the last whole line: where a reader that wants only what comes now begins.</summary>
    public static long End(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return WholeLength(file);
    }

    /// <summary>A place to read on from: the beginning, or right after a line feed.</summary>
    public static bool IsLineEnd(string path, long offset)
    {
        if (offset == 0)
        {
            return true;
        }

        if (offset < 0 || !File.Exists(path))
        {
            return false;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(offset - 1, SeekOrigin.Begin);
        return file.ReadByte() == '\n';
    }

    private long WholeLength() => WholeLength(file);

    private static long WholeLength(FileStream file)
    {
        var buffer = new byte[4096];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            file.Seek(start, SeekOrigin.Begin);
            file.ReadExactly(buffer, 0, (int)(end - start));
            var last = Array.LastIndexOf(buffer, (byte)'\n', (int)(end - start) - 1);
            if (last >= 0)
            {
                return start + last + 1;
            }

            end = start;
        }

        return 0;
    }
}
