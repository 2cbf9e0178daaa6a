using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace InternPlatform.Tokenization;

/// <summary>
/// The <c>.bin.meta</c> file: a NumPy array of rows (offset of a line, …, tokens on it), of which the first and the
/// last column count. InternEvo writes int64, its older tokeniser int32. Rows are read when asked for.
/// </summary>
internal sealed partial class ShardMeta : IDisposable
{
    private const int Alignment = 64;
    private const int LongestHeader = 1 << 16;
    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly int firstRow;
    private readonly int itemBytes;
    private readonly int columns;

    private ShardMeta(string path, SafeFileHandle file)
    {
        this.path = path;
        this.file = file;
        var header = ReadHeader(out firstRow);
        var match = HeaderPattern().Match(header);
        if (!match.Success)
        {
            throw Invalid("the header does not describe a two-dimensional little-endian int32 or int64 array in C order.");
        }

        itemBytes = match.Groups["size"].ValueSpan[0] - '0';
        if (!int.TryParse(match.Groups["rows"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var rows)
            || !int.TryParse(match.Groups["columns"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out columns)
            || columns is < 2 or > 64)
        {
            throw Invalid($"the shape is {match.Groups["rows"]} × {match.Groups["columns"]}; rows must fit in an int32 and have 2 to 64 columns.");
        }

        Count = rows;
        var expected = firstRow + (long)rows * columns * itemBytes;
        var length = RandomAccess.GetLength(file);
        if (length != expected)
        {
            throw Invalid($"the file has {length} bytes where {rows} rows take {expected}: it is cut off, or something follows.");
        }
    }

    public int Count { get; }

    public static ShardMeta Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidShardException(path, "the file does not exist; without it the shard is not complete.");
        }

        var file = File.OpenHandle(path);
        try
        {
            return new ShardMeta(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static void Write(string path, IReadOnlyList<(long Offset, long TokenCount)> rows)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        var description = $"{{'descr': '<i8', 'fortran_order': False, 'shape': ({rows.Count}, 2), }}";
        var length = (10 + description.Length + 1 + Alignment - 1) / Alignment * Alignment;
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)(length - 10), (byte)((length - 10) >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(description.PadRight(length - 11) + "\n"));
        Span<byte> row = stackalloc byte[16];
        foreach (var (offset, count) in rows)
        {
            BinaryPrimitives.WriteInt64LittleEndian(row, offset);
            BinaryPrimitives.WriteInt64LittleEndian(row[8..], count);
            stream.Write(row);
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>Offset of the line in the <c>.bin</c> file, and the number of its tokens.</summary>
    public (long Offset, long TokenCount) Row(int index)
    {
        Span<byte> row = stackalloc byte[columns * itemBytes];
        Fill(row, firstRow + (long)index * row.Length);
        return (ReadItem(row), ReadItem(row[^itemBytes..]));
    }

    /// <summary>Sum of the token counts, after a look at every row: offsets rise from 0 and stay below the file's end.</summary>
    public long Check(long binLength)
    {
        var rowBytes = columns * itemBytes;
        var rowsPerRead = (1 << 16) / rowBytes;
        var buffer = new byte[rowsPerRead * rowBytes];
        var (total, previous) = (0L, -1L);
        for (var index = 0; index < Count;)
        {
            var rows = buffer.AsSpan(0, Math.Min(rowsPerRead, Count - index) * rowBytes);
            Fill(rows, firstRow + (long)index * rowBytes);
            for (; rows.Length > 0; rows = rows[rowBytes..], index++)
            {
                var (offset, count) = (ReadItem(rows), ReadItem(rows[(rowBytes - itemBytes)..]));
                if (offset <= previous || (index == 0 && offset != 0) || offset >= binLength || count < 0 || count > binLength - offset)
                {
                    throw Invalid($"row {index} says that {count} tokens start at byte {offset}, which cannot be in a .bin file of {binLength} bytes.");
                }

                (total, previous) = (total + count, offset);
            }
        }

        return total;
    }

    public void Dispose() => file.Dispose();

    [GeneratedRegex(@"^\{'descr': '<i(?<size>[48])', 'fortran_order': False, 'shape': \((?<rows>\d+), (?<columns>\d+)\), ?\}[ ]*\n?$", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();

    private string ReadHeader(out int end)
    {
        Span<byte> start = stackalloc byte[12];
        Fill(start, 0);
        var isVersion1 = start[6] == 1;
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8) || start[6] is not (1 or 2) || start[7] != 0)
        {
            throw Invalid("the file is not a NumPy array of version 1 or 2.");
        }

        var begin = isVersion1 ? 10 : 12;
        var length = isVersion1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > LongestHeader)
        {
            throw Invalid($"the header claims {length} bytes; at most {LongestHeader} are read.");
        }

        var header = new byte[length];
        Fill(header, begin);
        end = begin + header.Length;
        return Encoding.ASCII.GetString(header);
    }

    private void Fill(Span<byte> buffer, long offset)
    {
        for (var done = 0; done < buffer.Length;)
        {
            var read = RandomAccess.Read(file, buffer[done..], offset + done);
            done += read > 0 ? read : throw Invalid($"the file ends at byte {offset + done}, {buffer.Length - done} bytes too early.");
        }
    }

    private long ReadItem(ReadOnlySpan<byte> item) =>
        itemBytes == 8 ? BinaryPrimitives.ReadInt64LittleEndian(item) : BinaryPrimitives.ReadInt32LittleEndian(item);

    private InvalidShardException Invalid(string reason) => new(path, reason);
}
