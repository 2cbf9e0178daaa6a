using System.Buffers;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Cuts a JSON file into the elements of its outermost array, or gives its one value, holding no more of the file than one element.
/// It finds the cuts by brackets and quotes alone; whether an element is JSON is for the caller to see. An element longer than allowed is refused
/// as soon as that many of its bytes were seen.
/// </summary>
internal sealed class JsonElementReader(Stream stream, int longestElement)
{
    private static readonly SearchValues<byte> InsideValue = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> AtTop = SearchValues.Create("\"{}[], \t\r\n"u8);
    private static readonly SearchValues<byte> InsideString = SearchValues.Create("\"\\"u8);
    private byte[] buffer = new byte[1 << 16];
    private long bufferOffset;
    private int start;
    private int end;
    private long line = 1;
    private Place place = Place.Begin;

    private enum Place
    {
        Begin,
        BeforeFirst,
        AfterElement,
        AfterRoot,
        End,
    }

    /// <summary>Number of the element last read, from 1.</summary>
    public long Count { get; private set; }

    /// <summary>Byte at which it begins.</summary>
    public long ElementOffset { get; private set; }

    /// <summary>Line on which it begins.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Bytes done with.</summary>
    public long Position => bufferOffset + start;

    /// <summary>The next element; the span lives until the next call.</summary>
    public bool TryRead(out ReadOnlySpan<byte> element)
    {
        element = default;
        if (place == Place.Begin && !TryBegin(out element))
        {
            return place == Place.AfterRoot;
        }

        if (place == Place.AfterRoot)
        {
            Finish();
        }

        return place != Place.End && TryReadInArray(out element);
    }

    /// <returns>True where the file is an array.</returns>
    private bool TryBegin(out ReadOnlySpan<byte> only)
    {
        only = default;
        while (end - start < 3 && Fill())
        {
        }

        start += buffer.AsSpan(start, end - start).StartsWith("\ufeff"u8) ? 3 : 0;
        switch (Peek())
        {
            case null:
                place = Place.End;
                return false;
            case (byte)'[':
                start++;
                place = Place.BeforeFirst;
                return true;
            default:
                only = Take();
                place = Place.AfterRoot;
                return false;
        }
    }

    private bool TryReadInArray(out ReadOnlySpan<byte> element)
    {
        element = default;
        var next = Peek() ?? throw JobProblems.InvalidJson($"It breaks off after element {Count}: the list is not closed.");
        if (next == ']')
        {
            start++;
            Finish();
            return false;
        }

        if (place == Place.AfterElement)
        {
            start += next == ',' ? 1 : throw JobProblems.InvalidJson($"A comma is missing after element {Count} (line {line}, byte {Position}).");
            _ = Peek() ?? throw JobProblems.InvalidJson($"It breaks off after element {Count}: the list is not closed.");
        }

        element = Take();
        place = Place.AfterElement;
        return true;
    }

    private void Finish()
    {
        place = Place.End;
        if (Peek() is not null)
        {
            throw JobProblems.InvalidJson($"Something follows its end at line {line}, byte {Position}.");
        }
    }

    /// <summary>The next byte that is not white space, left where it is; null at the end.</summary>
    private byte? Peek()
    {
        while (true)
        {
            for (; start < end; start++)
            {
                if (buffer[start] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                {
                    return buffer[start];
                }

                line += buffer[start] == '\n' ? 1 : 0;
            }

            if (!Fill())
            {
                return null;
            }
        }
    }

    private ReadOnlySpan<byte> Take()
    {
        ElementOffset = Position;
        LineNumber = line;
        Count++;
        var length = Measure();
        var element = buffer.AsSpan(start, length);
        line += element.Count((byte)'\n');
        start += length;
        return element;
    }

    /// <summary>Bytes from <see cref="start"/> to the end of the value there, or to the end of the file.</summary>
    private int Measure()
    {
        var length = 0;
        var depth = 0;
        var inString = false;
        while (true)
        {
            var rest = buffer.AsSpan(start + length, end - start - length);
            var at = rest.IndexOfAny(inString ? InsideString : depth > 0 ? InsideValue : AtTop);
            if (at < 0 || (inString && rest[at] == '\\' && at + 1 == rest.Length))
            {
                length += at < 0 ? rest.Length : at;
                if (!FillElement(length))
                {
                    return end - start;
                }

                continue;
            }

            var found = rest[at];
            length += at;
            if (inString)
            {
                length += found == '\\' ? 2 : 1;
                inString = found == '\\';
            }
            else if (found == '"')
            {
                inString = true;
                length++;
                continue;
            }
            else if (found is (byte)'{' or (byte)'[')
            {
                depth++;
                length++;
                continue;
            }
            else if (depth == 0)
            {
                return length;    // a comma, a bracket or white space after a bare value
            }
            else
            {
                depth--;
                length++;
            }

            if (depth == 0 && !inString)
            {
                return length;
            }
        }
    }

    private bool FillElement(int length) => length > longestElement
        ? throw JobProblems.JsonElementTooLong(Count, ElementOffset, longestElement)
        : Fill();

    private bool Fill()
    {
        bufferOffset += start;
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        end -= start;
        start = 0;
        if (end == buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, longestElement + 2L));
        }

        var read = stream.Read(buffer, end, buffer.Length - end);
        end += read;
        return read > 0;
    }
}
