using System.Buffers.Binary;
using System.Text.Json;
using InternPlatform.Tensors;

namespace InternPlatform.Models;

/// <summary>Writes safetensors files as upstream does: wide types first, then by name, so that the data are aligned.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes beside the name, flushes to the disk, and moves into place: the file is whole or not there.</summary>
    /// <param name="path">File to write; an existing one is replaced.</param>
    /// <param name="tensors">Names are unique; the data have exactly the bytes of shape × type, little-endian.</param>
    /// <exception cref="ArgumentException">A name is given twice or reserved, or data do not fit their shape.</exception>
    public static void Write(string path, IReadOnlyList<(string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)> tensors)
    {
        var ordered = tensors.OrderByDescending(tensor => tensor.DType.Bits()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToArray();
        foreach (var tensor in ordered)
        {
            ThrowIfUnfit(tensor.Name, tensor.DType, tensor.Shape, tensor.Data.Length);
        }

        if (ordered.CountBy(tensor => tensor.Name).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw new ArgumentException($"Tensor '{twice}' is given twice.", nameof(tensors));
        }

        ModelFile.Write(path, stream =>
        {
            WriteHeader(stream, ordered);
            foreach (var tensor in ordered)
            {
                stream.Write(tensor.Data.Span);
            }
        });
    }

    private static void ThrowIfUnfit(string name, DType type, long[] shape, int length)
    {
        if (name == "__metadata__")
        {
            throw new ArgumentException("The name '__metadata__' is reserved.", nameof(name));
        }

        if (shape.Any(size => size < 0) || SafetensorsDTypes.BytesOf(shape, type) != length)
        {
            throw new ArgumentException($"Tensor '{name}' of shape [{string.Join(", ", shape)}] and type {type} does not have {length} bytes.", nameof(shape));
        }
    }

    private static void WriteHeader(FileStream stream, (string Name, DType DType, long[] Shape, ReadOnlyMemory<byte> Data)[] tensors)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");   // Hugging Face's loaders refuse a file without it
            writer.WriteEndObject();
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                WriteEntry(writer, tensor.Name, tensor.DType, tensor.Shape, offset, offset + tensor.Data.Length);
                offset += tensor.Data.Length;
            }

            writer.WriteEndObject();
        }

        while (json.Length % Alignment != 0)
        {
            json.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        stream.Write(length);
        json.WriteTo(stream);
    }

    private static void WriteEntry(Utf8JsonWriter writer, string name, DType type, long[] shape, long begin, long end)
    {
        writer.WriteStartObject(name);
        writer.WriteString("dtype", SafetensorsDTypes.Spell(type));
        writer.WriteStartArray("shape");
        foreach (var size in shape)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(begin);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
