namespace InternPlatform.Datasets;

/// <summary>
/// Lines of a stream as bytes, without their ends and without a leading byte order mark. Memory is bounded by the longest line allowed:
/// a longer one is refused as soon as that many of its bytes were seen.
/// </summary>
public sealed class LineReader(Stream stream, int longestLine)
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private bool ended;

    /// <summary>Number of the line last read, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Byte at which that line begins.</summary>
    public long LineOffset { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>The next line; the span lives until the next call.</summary>
    /// <returns>False at the end.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            if (buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n') is >= 0 and var at)
            {
                line = Take(searched + at, searched + at + 1);
                return true;
            }

            searched = end - start;
            if (searched > longestLine)
            {
                throw new LineTooLongException(LineNumber + 1, Position, longestLine);
            }

            if (ended || !Fill())
            {
                line = Take(searched, searched);
                return !line.IsEmpty;
            }
        }
    }

    private ReadOnlySpan<byte> Take(int length, int consumed)
    {
        var line = buffer.AsSpan(start, length);
        LineOffset = Position;
        LineNumber += consumed > 0 ? 1 : 0;
        Position += consumed;
        start += consumed;
        if (LineNumber == 1 && LineOffset == 0 && line.StartsWith("\ufeff"u8))
        {
            line = line[3..];
            LineOffset = 3;
        }

        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }

    private bool Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, longestLine + 2L));
        }

        var read = stream.Read(buffer, end, buffer.Length - end);
        end += read;
        ended = read == 0;
        return !ended;
    }
}
