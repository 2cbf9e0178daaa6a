using System.Buffers.Binary;
using System.Text.Json;
using InternPlatform.Models;
using static TorchSharp.torch;

namespace InternPlatform.Training.Checkpoints;

/// <summary>Float32 tensors as a safetensors file, produced part by part so that a save never holds a second copy of the model.</summary>
internal static class TensorFile
{
    private const int PartBytes = 4 << 20;

    /// <summary>A contiguous run of float32 in a tensor's memory, under its own name.</summary>
    public readonly record struct Entry(string Name, long[] Shape, Tensor Source, long FirstElement)
    {
        public static Entry Of(string name, Tensor whole) => new(name, whole.shape, whole, 0);

        public long Bytes => sizeof(float) * Shape.Aggregate(1L, (product, size) => product * size);
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Parts(IReadOnlyList<Entry> entries)
    {
        yield return Header(entries);
        foreach (var entry in entries)
        {
            for (var from = 0L; from < entry.Bytes; from += PartBytes)
            {
                yield return Copy(entry, from, (int)Math.Min(PartBytes, entry.Bytes - from));
            }
        }
    }

    public static byte[] Copy(Entry entry, long from, int count) =>
        entry.Source.bytes.Slice(checked((int)((entry.FirstElement * sizeof(float)) + from)), count).ToArray();

    /// <summary>Copies a file's tensor of the same name into each entry's memory.</summary>
    /// <exception cref="TrainingException">A tensor is missing or has another shape.</exception>
    public static void Read(string path, IReadOnlyList<Entry> entries)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var entry in entries)
        {
            if (!file.Tensors.TryGetValue(entry.Name, out var stored) || !stored.Shape.SequenceEqual(entry.Shape))
            {
                throw new TrainingException($"{path} has no tensor {entry.Name} of shape [{string.Join(", ", entry.Shape)}].");
            }

            file.Bytes(entry.Name).CopyTo(entry.Source.bytes[checked((int)(entry.FirstElement * sizeof(float)))..]);
        }
    }

    private static byte[] Header(IReadOnlyList<Entry> entries)
    {
        var offset = 0L;
        var json = new Dictionary<string, object>();
        foreach (var entry in entries)
        {
            json[entry.Name] = new { dtype = "F32", shape = entry.Shape, data_offsets = (long[])[offset, offset + entry.Bytes] };
            offset += entry.Bytes;
        }

        var text = JsonSerializer.SerializeToUtf8Bytes(json);
        var header = new byte[8 + ((text.Length + 7) / 8 * 8)];
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        header.AsSpan(8).Fill((byte)' ');
        text.CopyTo(header, 8);
        return header;
    }
}
