using System.Buffers;
using System.Text;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Running text: rows end at blank lines once they have some size, so that a book becomes rows of a few paragraphs. Every line of the file is in a row,
/// in order; only the blank lines between two rows, and the ends of lines, are not kept.
/// </summary>
internal sealed class TextRows(DatasetWriter dataset)
{
    /// <summary>From this size on a blank line ends the row.</summary>
    public const int EnoughBytes = 2 << 10;

    /// <summary>From this size on any line's end does, and a single line is cut between sentences or words.</summary>
    public const int MostBytes = 8 << 10;

    private readonly ArrayBufferWriter<byte> row = new();
    private int blankLines;

    public void Read(LineReader lines, Action<long> progress)
    {
        while (lines.TryRead(out var line))
        {
            lines.CheckUtf8(line);
            AddLine(line);
            progress(lines.Position);
        }

        EndRow();
    }

    public void AddLine(ReadOnlySpan<byte> line)
    {
        if (IsBlank(line))
        {
            blankLines++;
            EndRowFrom(EnoughBytes);
            return;
        }

        while (line.Length > MostBytes)
        {
            var cut = CutOf(line[..MostBytes]);
            Append(line[..cut]);
            EndRow();
            line = line[cut..];
        }

        Append(line);
        EndRowFrom(MostBytes);
    }

    public void EndRow()
    {
        if (row.WrittenCount > 0)
        {
            dataset.AddText(row.WrittenSpan);
        }

        row.ResetWrittenCount();
        blankLines = 0;
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\v\f"u8) < 0;

    private void EndRowFrom(int size)
    {
        if (row.WrittenCount >= size)
        {
            EndRow();
        }
    }

    private void Append(ReadOnlySpan<byte> line)
    {
        if (row.WrittenCount > 0)
        {
            row.GetSpan(blankLines + 1)[..(blankLines + 1)].Fill((byte)'\n');
            row.Advance(blankLines + 1);
        }

        blankLines = 0;
        row.Write(line);
    }

    /// <summary>After the last sentence that ends in the second half, else after the last space there, else before the last character begun.</summary>
    private static int CutOf(ReadOnlySpan<byte> line)
    {
        var half = line.Length / 2;
        foreach (var end in (ReadOnlySpan<string>)["。", "！", "？", ". ", "! ", "? ", " "])
        {
            if (line[half..].LastIndexOf(Encoding.UTF8.GetBytes(end)) is >= 0 and var at)
            {
                return half + at + Encoding.UTF8.GetByteCount(end);
            }
        }

        var cut = line.Length;
        while ((line[cut - 1] & 0xC0) == 0x80)
        {
            cut--;
        }

        return cut - 1;
    }
}
