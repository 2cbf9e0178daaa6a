using System.Buffers.Binary;

namespace InternPlatform.Datasets;

/// <summary><c>rows.index</c>: the byte offset in <c>rows.jsonl</c> of rows 0, 256, 512, …, each as a little-endian 64-bit integer.</summary>
public sealed class RowIndex(byte[] entries)
{
    public const int Stride = 256;

    /// <summary>Where to begin reading for a row, and how many lines to skip there.</summary>
    public (long Offset, int Skip) Find(long row)
    {
        var entry = Math.Min(row / Stride, entries.Length / sizeof(long) - 1);
        return entry < 0
            ? (0, checked((int)row))
            : (BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(checked((int)entry) * sizeof(long))), checked((int)(row - entry * Stride)));
    }

    public static async Task<RowIndex> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return new RowIndex(bytes.ToArray());
    }
}

public sealed class RowIndexWriter
{
    private readonly List<long> offsets = [];

    public void Add(long row, long offset)
    {
        if (row % RowIndex.Stride == 0)
        {
            offsets.Add(offset);
        }
    }

    public void Write(string path)
    {
        var bytes = new byte[offsets.Count * sizeof(long)];
        for (var i = 0; i < offsets.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), offsets[i]);
        }

        File.WriteAllBytes(path, bytes);
    }
}
