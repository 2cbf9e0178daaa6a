using System.Text;

namespace InternPlatform.Models;

/// <summary>Writes GGUF files, version 3, with tensors aligned to 32 bytes.</summary>
public static class GgufWriter
{
    private const int Alignment = (int)GgufHeader.DefaultAlignment;
    private const int ValuesPerChunk = 1 << 20;
    private const uint Version = 3;

    /// <summary>Writes beside the name, flushes to the disk, and moves into place: the file is whole or not there.</summary>
    /// <param name="path">File to write; an existing one is replaced.</param>
    /// <param name="metadata">Keys are unique; values of the types that <see cref="GgufFile.Metadata"/> gives.</param>
    /// <param name="tensors">
    /// In the order of the file. Names are unique and of at most 64 bytes; the values, in
    /// storage order, are asked for when their turn comes, so that one tensor is in memory at a time.
    /// </param>
    /// <exception cref="ArgumentException">A name or key is given twice, or something is given that the format cannot hold.</exception>
    public static void Write(
        string path, IReadOnlyList<(string Key, object Value)> metadata,
        IReadOnlyList<(string Name, GgufType Type, long[] Shape, Func<float[]> ReadValues)> tensors)
    {
        ThrowIfUnfit(metadata, tensors);
        ModelFile.Write(path, stream =>
        {
            WriteHeader(stream, metadata, tensors);
            Pad(stream);
            foreach (var (name, type, shape, readValues) in tensors)
            {
                WriteValues(stream, name, type, shape, readValues());
                Pad(stream);
            }
        });
    }

    private static void ThrowIfUnfit(
        IReadOnlyList<(string Key, object Value)> metadata, IReadOnlyList<(string Name, GgufType Type, long[] Shape, Func<float[]> ReadValues)> tensors)
    {
        var twice = metadata.CountBy(pair => pair.Key).Concat(tensors.CountBy(tensor => tensor.Name)).FirstOrDefault(name => name.Value > 1).Key;
        Require(twice is null, $"'{twice}' is given twice.");
        foreach (var (key, _) in metadata)
        {
            Require(Encoding.UTF8.GetByteCount(key) <= GgufHeader.MaxKeyBytes, $"The key '{key}' is too long.");
            Require(key != GgufHeader.AlignmentKey, $"The key '{key}' is the writer's own.");
        }

        foreach (var (name, type, shape, _) in tensors)
        {
            Require(Encoding.UTF8.GetByteCount(name) <= GgufHeader.MaxNameBytes, $"The name '{name}' has over {GgufHeader.MaxNameBytes} bytes.");
            Require(shape.Length <= GgufHeader.MaxDimensions && GgufTypes.BytesOf(shape, type) is not null, $"'{name}' has the shape [{string.Join(", ", shape)}], which type {type} cannot have.");
        }

        void Require(bool holds, string reason)
        {
            if (!holds)
            {
                throw new ArgumentException(reason, nameof(tensors));
            }
        }
    }

    private static void WriteHeader(
        FileStream stream, IReadOnlyList<(string Key, object Value)> metadata, IReadOnlyList<(string Name, GgufType Type, long[] Shape, Func<float[]> ReadValues)> tensors)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            GgufValueWriter.WriteText(writer, key);
            GgufValueWriter.Write(writer, key, value);
        }

        var offset = 0L;
        foreach (var (name, type, shape, _) in tensors)
        {
            GgufValueWriter.WriteText(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var size in Enumerable.Reverse(shape))
            {
                writer.Write(size);
            }

            writer.Write((uint)type);
            writer.Write(offset);
            offset += Padded(GgufTypes.BytesOf(shape, type)!.Value);
        }
    }

    private static void WriteValues(FileStream stream, string name, GgufType type, long[] shape, float[] values)
    {
        if (values.Length != shape.Aggregate(1L, (product, size) => product * size))
        {
            throw new ArgumentException($"'{name}' of shape [{string.Join(", ", shape)}] is given {values.Length} values.", nameof(values));
        }

        // Chunks are rounded side by side and written in their order.
        var blocks = new byte[(int)GgufTypes.BytesOf([values.Length], type)!.Value];
        Parallel.For(0, (values.Length + ValuesPerChunk - 1) / ValuesPerChunk, chunk =>
        {
            var part = values.AsSpan(chunk * ValuesPerChunk, Math.Min(ValuesPerChunk, values.Length - (chunk * ValuesPerChunk)));
            var at = chunk * ValuesPerChunk / type.BlockValues() * type.BlockBytes();
            GgufBlocks.Encode(type, part, blocks.AsSpan(at, part.Length / type.BlockValues() * type.BlockBytes()));
        });
        stream.Write(blocks);
    }

    private static void Pad(FileStream stream) => stream.Write(new byte[Padded(stream.Position) - stream.Position]);

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
