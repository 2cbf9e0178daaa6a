namespace InternPlatform.Models;

/// <summary>
/// A GGUF file, version 2 or 3, mapped into memory: opening reads only the header, and a tensor's bytes are paged in when
/// they are looked at. Values are not checked. Safe to share between threads until it is disposed.
/// </summary>
/// <remarks>The format: ggml's <c>docs/gguf.md</c>. Refused is also what llama.cpp refuses: holes between tensors and arrays of arrays.</remarks>
public sealed class GgufFile : IDisposable
{
    private const int PrefixBytes = 24;
    private const int ValuesPerChunk = 1 << 20;
    private readonly MappedFile file;

    private GgufFile(string path, MappedFile file)
    {
        Path = path;
        this.file = file;
        var header = GgufHeader.Parse(path, file.Span(0, (int)Math.Min(file.Length, int.MaxValue)), file.Length);
        Metadata = header.Metadata;
        Tensors = header.Tensors;
    }

    /// <summary>Path it was opened by.</summary>
    public string Path { get; }

    /// <summary>
    /// Values by key: <see cref="byte"/>, <see cref="sbyte"/>, <see cref="ushort"/>, <see cref="short"/>, <see cref="uint"/>,
    /// <see cref="int"/>, <see cref="ulong"/>, <see cref="long"/>, <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>,
    /// <see cref="string"/>, or an array of one of them.
    /// </summary>
    public IReadOnlyDictionary<string, object> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Opens a file and checks its header; it allocates at most twice the file's length and 16 MiB.</summary>
    /// <exception cref="InvalidModelException">The file is missing, broken, or of a kind that is not read.</exception>
    public static GgufFile Open(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length < PrefixBytes)
        {
            throw new InvalidModelException(path, info.Exists ? $"the file has {info.Length} bytes, too few for a GGUF file." : "the file does not exist.");
        }

        var file = new MappedFile(path);
        try
        {
            return new GgufFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Raw bytes of a tensor, blocks as ggml lays them out; valid until this file is disposed.</summary>
    /// <exception cref="InvalidModelException">There is no such tensor, or it has over 2 GiB, more than a span can hold.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var tensor = Tensor(name);
        return tensor.Length <= int.MaxValue
            ? file.Span(tensor.Offset, (int)tensor.Length)
            : throw new InvalidModelException(Path, $"tensor '{name}' has {tensor.Length} bytes, too many to look at as one piece.");
    }

    /// <summary>Some of the raw bytes of a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="InvalidModelException">There is no such tensor.</exception>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie in it.</exception>
    public ReadOnlySpan<byte> Bytes(string name, long offset, int length)
    {
        var tensor = Tensor(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, tensor.Length, nameof(length));
        return file.Span(tensor.Offset + offset, length);
    }

    /// <summary>The values that a tensor stands for, in storage order.</summary>
    /// <exception cref="InvalidModelException">There is no such tensor, or it is too large for an array.</exception>
    public float[] ReadFloats(string name)
    {
        var tensor = Tensor(name);
        if (tensor.ValueCount > Array.MaxLength)
        {
            throw new InvalidModelException(Path, $"tensor '{name}' has {tensor.ValueCount} values, too many for one array.");
        }

        var values = new float[tensor.ValueCount];
        for (var done = 0; done < values.Length; done += ValuesPerChunk)
        {
            var part = values.AsSpan(done, Math.Min(ValuesPerChunk, values.Length - done));
            var bytes = (long)part.Length / tensor.Type.BlockValues() * tensor.Type.BlockBytes();
            var offset = (long)done / tensor.Type.BlockValues() * tensor.Type.BlockBytes();
            GgufBlocks.Decode(tensor.Type, file.Span(tensor.Offset + offset, (int)bytes), part);
        }

        return values;
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private GgufTensor Tensor(string name) =>
        Tensors.TryGetValue(name, out var tensor) ? tensor : throw new InvalidModelException(Path, $"there is no tensor '{name}'.");
}
