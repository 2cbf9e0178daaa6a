using System.IO.Compression;
using System.Text;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>
/// Weights that <c>torch.save</c> wrote (<c>pytorch_model.bin</c>), to be written as safetensors. Pickles can run any code where Python
/// reads them; here their only effects are tensors. Safe to share between threads only one call at a time.
/// </summary>
/// <remarks>The format since PyTorch 1.6: a zip archive of one pickle and a stored entry for each storage. Older files are refused.</remarks>
public sealed class TorchFile : IDisposable
{
    private const int MaxPickleBytes = 64 << 20;
    private readonly ZipArchive archive;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PickledTensor> tensors = new(StringComparer.Ordinal);
    private readonly string root;

    private TorchFile(string path, ZipArchive archive, long length)
    {
        Path = path;
        this.archive = archive;
        foreach (var entry in archive.Entries)
        {
            // Two entries of one name are two files to two readers; compressed ones can be bombs, and torch.save writes neither.
            if (!entries.TryAdd(entry.FullName, entry) || entry.CompressedLength != entry.Length || entry.Length > length)
            {
                throw new InvalidModelException(path, $"the entry '{entry.FullName}' is there twice or compressed.");
            }
        }

        root = FindRoot();
        var bytes = Int128.Zero;
        foreach (var (name, value) in PickleReader.Read(path, Pickle(), length))
        {
            if (value is PickledTensor tensor)
            {
                ThrowIfUnfit(name, tensor);
                tensors.Add(name, tensor);
                bytes += (Int128)tensor.Count * tensor.Storage.Type.Bytes();
            }
        }

        // Tied weights share a storage. A thousand tensors on one would be a small file that fills the memory.
        if (bytes > 2 * (Int128)length)
        {
            throw new InvalidModelException(path, $"the tensors share storages so that they have {bytes} bytes in a file of {length}.");
        }
    }

    /// <summary>Path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Names of the tensors; what else lies in the dictionary is passed over.</summary>
    public IReadOnlyCollection<string> Names => tensors.Keys;

    /// <summary>Opens a file and reads its pickle.</summary>
    /// <exception cref="InvalidModelException">The file is missing, broken, or its pickle does anything else than tensors in one dictionary.</exception>
    public static TorchFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidModelException(path, "the file does not exist.");
        }

        var stream = File.OpenRead(path);
        try
        {
            ThrowIfOtherFormat(path, stream);
            return new TorchFile(path, new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: false), stream.Length);
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is InvalidDataException or EndOfStreamException or NotSupportedException or IOException)
            {
                throw new InvalidModelException(path, $"the file is not a whole zip archive: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>Type and shape of a tensor, and its bytes in C order, little-endian.</summary>
    /// <exception cref="InvalidModelException">There is no such tensor, or it has over 2 GiB.</exception>
    public (DType Type, long[] Shape, byte[] Data) Read(string name)
    {
        var tensor = tensors.GetValueOrDefault(name) ?? throw new InvalidModelException(Path, $"there is no tensor '{name}'.");
        var size = tensor.Storage.Type.Bytes();
        if (tensor.Count * size > Array.MaxLength)
        {
            throw new InvalidModelException(Path, $"tensor '{name}' has {tensor.Count * size} bytes, too many for one array.");
        }

        var data = new byte[tensor.Count * size];
        try
        {
            using var stream = entries[EntryOf(tensor)].Open();
            Skip(stream, tensor.Offset * size);
            stream.ReadExactly(data);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidModelException(Path, $"the storage of '{name}' is broken: {e.Message}", e);
        }

        return (tensor.Storage.Type, tensor.Shape, data);
    }

    /// <summary>Writes all tensors as a safetensors file. They are in memory meanwhile.</summary>
    /// <exception cref="InvalidModelException">A tensor cannot be read.</exception>
    public void WriteSafetensors(string path) => SafetensorsWriter.Write(path, [.. tensors.Keys.Select(name =>
    {
        var (type, shape, data) = Read(name);
        return (name, type, shape, (ReadOnlyMemory<byte>)data);
    })]);

    /// <inheritdoc />
    public void Dispose() => archive.Dispose();

    private static void ThrowIfOtherFormat(string path, FileStream stream)
    {
        var start = new byte[64];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        ModelFile.ThrowIfLfsPointer(path, start.AsSpan(0, length));
        if (!start.AsSpan(0, length).StartsWith("PK"u8))
        {
            throw new InvalidModelException(path, length > 0 && start[0] == 0x80
                ? "the file was written by PyTorch before 1.6, or is a bare pickle; zip archives are read."
                : "the file is not a zip archive as torch.save writes it.");
        }
    }

    private string FindRoot()
    {
        const string pickle = "/data.pkl";
        var roots = entries.Keys.Where(name => name.EndsWith(pickle, StringComparison.Ordinal)).Select(name => name[..^pickle.Length]).ToList();
        if (roots.Count != 1)
        {
            throw new InvalidModelException(Path, $"the archive has {roots.Count} entries 'data.pkl'; one is needed.");
        }

        var order = entries.TryGetValue(roots[0] + "/byteorder", out var entry) ? Encoding.Latin1.GetString(Content(entry, 16)) : "little";
        return order == "little" ? roots[0] : throw new InvalidModelException(Path, $"the file's numbers are in '{order}' order; little is read.");
    }

    private byte[] Pickle() => Content(entries[root + "/data.pkl"], MaxPickleBytes);

    private byte[] Content(ZipArchiveEntry entry, int maxBytes)
    {
        if (entry.Length > maxBytes)
        {
            throw new InvalidModelException(Path, $"the entry '{entry.FullName}' has {entry.Length} bytes; at most {maxBytes} are read.");
        }

        var content = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(content);
        return content;
    }

    private void ThrowIfUnfit(string name, PickledTensor tensor)
    {
        var bytes = (Int128)tensor.Storage.Count * tensor.Storage.Type.Bytes();
        if (!entries.TryGetValue(EntryOf(tensor), out var entry) || entry.Length != bytes)
        {
            throw new InvalidModelException(Path, $"'{name}' lies in a storage of {bytes} bytes that the archive does not have.");
        }
    }

    private string EntryOf(PickledTensor tensor) => $"{root}/data/{tensor.Storage.Key}";

    private static void Skip(Stream stream, long count)
    {
        var thrown = new byte[Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            var step = (int)Math.Min(count, thrown.Length);
            stream.ReadExactly(thrown, 0, step);
            count -= step;
        }
    }
}
