using System.Buffers.Binary;
using System.Runtime.InteropServices;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>
/// A safetensors file, mapped into memory: opening reads only the header, and a tensor's bytes are paged in when they
/// are looked at. Values are not checked. Safe to share between threads until it is disposed.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int PrefixBytes = 8;
    private const int MaxHeaderBytes = 100_000_000;
    private const int ElementsPerChunk = 1 << 20;
    private readonly MappedFile file;

    private SafetensorsFile(string path, MappedFile file)
    {
        Path = path;
        this.file = file;
        Tensors = ReadHeader();
    }

    /// <summary>Path it was opened by.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="InvalidModelException">The file is missing, or safetensors refuses it.</exception>
    public static SafetensorsFile Open(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length < PrefixBytes)
        {
            throw new InvalidModelException(path, info.Exists ? $"the file has {info.Length} bytes, too few for a safetensors file." : "the file does not exist.");
        }

        var file = new MappedFile(path);
        try
        {
            return new SafetensorsFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Raw bytes of a tensor; valid until this file is disposed.</summary>
    /// <exception cref="InvalidModelException">There is no such tensor, or it has over 2 GiB, more than a span can hold.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var entry = Entry(name);
        return entry.Length <= int.MaxValue
            ? file.Span(entry.Offset, (int)entry.Length)
            : throw new InvalidModelException(Path, $"tensor '{name}' has {entry.Length} bytes, too many to look at as one piece.");
    }

    /// <summary>Values of a tensor of type F32, F16, BF16 or F64 (rounded), in storage order.</summary>
    /// <exception cref="InvalidModelException">There is no such tensor, its type is another, or it is too large for an array.</exception>
    public float[] ReadFloats(string name)
    {
        var count = Entry(name).ElementCount;
        if (count > Array.MaxLength)
        {
            throw new InvalidModelException(Path, $"tensor '{name}' has {count} values, too many for one array.");
        }

        var values = new float[count];
        ReadFloats(name, values);
        return values;
    }

    /// <summary>Writes the values of a tensor of type F32, F16, BF16 or F64 (rounded), in storage order.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="destination">Exactly as long as the tensor has elements.</param>
    /// <exception cref="InvalidModelException">There is no such tensor, or its type is another.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        var entry = Entry(name);
        if (destination.Length != entry.ElementCount)
        {
            throw new ArgumentException($"Tensor '{name}' has {entry.ElementCount} values, the destination {destination.Length}.", nameof(destination));
        }

        ReadFloats(name, 0, destination);
    }

    /// <summary>Writes some of the values of a tensor of type F32, F16, BF16 or F64 (rounded).</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="first">First value.</param>
    /// <param name="destination">As long as values are wanted.</param>
    /// <exception cref="InvalidModelException">There is no such tensor, or its type is another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie in it.</exception>
    public void ReadFloats(string name, long first, Span<float> destination)
    {
        var entry = Entry(name);
        if (entry.DType is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64))
        {
            throw new InvalidModelException(Path, $"tensor '{name}' has type {entry.DType}, which is not read as floats.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + destination.Length, entry.ElementCount, nameof(first));
        for (var done = 0; done < destination.Length; done += ElementsPerChunk)
        {
            var part = destination.Slice(done, Math.Min(ElementsPerChunk, destination.Length - done));
            var bytes = entry.DType.Bytes();
            Convert(file.Span(entry.Offset + ((first + done) * bytes), part.Length * bytes), entry.DType, part);
        }
    }

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    private static void Convert(ReadOnlySpan<byte> source, DType type, Span<float> destination)
    {
        switch (type)
        {
            case DType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case DType.BF16:
                FloatConversion.FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case DType.F16:
                FloatConversion.FromHalf(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            default:
                var doubles = MemoryMarshal.Cast<byte, double>(source);
                for (var i = 0; i < doubles.Length; i++)
                {
                    destination[i] = (float)doubles[i];
                }

                break;
        }
    }

    private Dictionary<string, TensorEntry> ReadHeader()
    {
        ModelFile.ThrowIfLfsPointer(Path, file.Span(0, (int)Math.Min(64, file.Length)));
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, PrefixBytes));
        if (length > MaxHeaderBytes || length > (ulong)(file.Length - PrefixBytes))
        {
            throw new InvalidModelException(Path,
                $"the header claims {length} bytes in a file of {file.Length}; it must lie in the file and have at most {MaxHeaderBytes}.");
        }

        return SafetensorsHeader.Parse(Path, file.Span(PrefixBytes, (int)length), PrefixBytes + (long)length, file.Length);
    }

    private TensorEntry Entry(string name) =>
        Tensors.TryGetValue(name, out var entry) ? entry : throw new InvalidModelException(Path, $"there is no tensor '{name}'.");
}
