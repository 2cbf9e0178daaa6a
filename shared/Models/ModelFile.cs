using System.Text.Json;

namespace InternPlatform.Models;

/// <summary>Reads small JSON files of a model folder, and writes files so that none is ever seen half-written.</summary>
internal static class ModelFile
{
    private static ReadOnlySpan<byte> LfsPointer => "version https://git-lfs."u8;

    public static byte[] Read(string path, int maxBytes)
    {
        if (!File.Exists(path))
        {
            throw new InvalidModelException(path, "the file does not exist.");
        }

        using var stream = File.OpenRead(path);
        if (stream.Length > maxBytes)
        {
            throw new InvalidModelException(path, $"the file has {stream.Length} bytes; at most {maxBytes} are read.");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        ThrowIfLfsPointer(path, bytes);
        return bytes;
    }

    public static void ThrowIfLfsPointer(string path, ReadOnlySpan<byte> start)
    {
        if (start.StartsWith(LfsPointer))
        {
            throw new InvalidModelException(path, "the file is a Git LFS pointer, not the file itself. Fetch it with 'git lfs pull'.");
        }
    }

    public static JsonDocument ParseJson(string path, ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidModelException(path, $"the file is not JSON: {e.Message}", e);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new InvalidModelException(path, "the file is not a JSON object.");
    }

    /// <summary>Writes beside the name, flushes to the disk, and moves into place.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        var temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
