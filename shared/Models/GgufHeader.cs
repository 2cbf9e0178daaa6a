using System.Buffers.Binary;
using System.Numerics;

namespace InternPlatform.Models;

/// <summary>What a GGUF file says before its tensors begin.</summary>
/// <param name="Metadata">Values by key.</param>
/// <param name="Tensors">Tensors by name.</param>
internal sealed record GgufHeader(Dictionary<string, object> Metadata, Dictionary<string, GgufTensor> Tensors)
{
    public const string AlignmentKey = "general.alignment";
    public const uint DefaultAlignment = 32;
    public const int MaxKeyBytes = 65_535;
    public const int MaxNameBytes = 64;
    public const int MaxDimensions = 4;

    // The least that an entry takes: text length, one byte of text, type and value; name, dimensions, type and offset.
    private const int LeastPairBytes = 14;
    private const int LeastTensorBytes = 33;

    // Dictionary slots while it grows, a boxed value, the record and its shape.
    private const int PairCost = 240;
    private const int TensorCost = 360;

    /// <summary>Reads and checks it.</summary>
    /// <param name="path">Named in errors.</param>
    /// <param name="start">The file, as far as one span reaches.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    public static GgufHeader Parse(string path, ReadOnlySpan<byte> start, long fileLength)
    {
        ThrowIfOtherFormat(path, start);
        var reader = new GgufReader(path, start);
        reader.Take(8);
        var tensorCount = reader.Number<ulong>();
        var pairCount = reader.ThrowIfBeyond(reader.Number<ulong>(), LeastPairBytes);
        reader.ThrowIfBeyond(tensorCount, LeastTensorBytes);
        var metadata = ReadMetadata(ref reader, pairCount);
        var tensors = ReadTensors(ref reader, tensorCount, AlignmentOf(ref reader, metadata), fileLength);
        return new(metadata, tensors);
    }

    private static void ThrowIfOtherFormat(string path, ReadOnlySpan<byte> start)
    {
        ModelFile.ThrowIfLfsPointer(path, start);
        if (!start.StartsWith("GGUF"u8))
        {
            throw new InvalidModelException(path, start.StartsWith("FUGG"u8)
                ? "the file's bytes are in the other order (big-endian); little-endian files are read."
                : "the file does not start with 'GGUF'.");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        if (version is not (2 or 3))
        {
            throw new InvalidModelException(path, BinaryPrimitives.ReverseEndianness(version) is 2 or 3
                ? "the file's numbers are in the other order (big-endian); little-endian files are read."
                : $"the file has GGUF version {version}; 2 and 3 are read.");
        }
    }

    private static Dictionary<string, object> ReadMetadata(ref GgufReader reader, ulong count)
    {
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0UL; i < count; i++)
        {
            reader.Subject = "metadata";
            reader.Charge(PairCost);
            var key = reader.Text(MaxKeyBytes);
            reader.Subject = key;
            if (!metadata.TryAdd(key, GgufValues.Read(ref reader)))
            {
                throw reader.Invalid("is given twice.");
            }
        }

        return metadata;
    }

    private static uint AlignmentOf(ref GgufReader reader, Dictionary<string, object> metadata)
    {
        reader.Subject = AlignmentKey;
        return metadata.GetValueOrDefault(AlignmentKey, DefaultAlignment) switch
        {
            uint alignment when BitOperations.IsPow2(alignment) => alignment,
            uint alignment => throw reader.Invalid($"is {alignment}, not a power of two."),
            var other => throw reader.Invalid($"is of type {other.GetType().Name}, not UInt32."),
        };
    }

    private static Dictionary<string, GgufTensor> ReadTensors(ref GgufReader reader, ulong count, uint alignment, long fileLength)
    {
        var infos = new List<GgufTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0UL; i < count; i++)
        {
            reader.Subject = "the list of tensors";
            reader.Charge(TensorCost);
            var name = reader.Text(MaxNameBytes);
            reader.Subject = name;
            if (!names.Add(name))
            {
                throw reader.Invalid("is given twice.");
            }

            infos.Add(ReadTensor(ref reader, name));
        }

        return Place(ref reader, infos, alignment, fileLength);
    }

    /// <summary>One entry; its offset still counts from the start of the data and is still anything.</summary>
    private static GgufTensor ReadTensor(ref GgufReader reader, string name)
    {
        var dimensions = reader.Number<uint>();
        if (dimensions is < 1 or > MaxDimensions)
        {
            throw reader.Invalid($"has {dimensions} dimensions; 1 to {MaxDimensions} may be.");
        }

        var shape = reader.Numbers<long>(dimensions);
        Array.Reverse(shape);
        var number = reader.Number<uint>();
        var type = (GgufType)number;
        if (!Enum.IsDefined(type))
        {
            throw reader.Invalid($"has the ggml type {GgufTypes.NameOf(number)}; {GgufTypes.Read} are read.");
        }

        var length = GgufTypes.BytesOf(shape, type)
            ?? throw reader.Invalid($"has the shape [{string.Join(", ", shape)}], which type {type} cannot have.");
        return new(name, type, shape, reader.Number<long>(), length);
    }

    /// <summary>Tensors lie one after another in the order of the list, each padded: llama.cpp's rule. So no byte belongs to two of them.</summary>
    private static Dictionary<string, GgufTensor> Place(ref GgufReader reader, List<GgufTensor> infos, uint alignment, long fileLength)
    {
        var start = Padded(reader.Position, alignment);
        var end = start;
        var tensors = new Dictionary<string, GgufTensor>(infos.Count, StringComparer.Ordinal);
        foreach (var info in infos)
        {
            reader.Subject = info.Name;
            if (info.Offset != end - start)
            {
                throw reader.Invalid($"has the offset {(ulong)info.Offset}, but the data before it end at {end - start}.");
            }

            if (end > fileLength || info.Length > fileLength - end)
            {
                throw reader.Invalid($"has {info.Length} bytes from byte {end}, but the file ends at byte {fileLength}: it is cut off.");
            }

            tensors.Add(info.Name, info with { Offset = end });
            end = Padded(end + info.Length, alignment);
        }

        return tensors;
    }

    private static long Padded(long position, uint alignment) => (position + alignment - 1) / alignment * alignment;
}
