using System.Buffers;
using System.Text;
using System.Text.Unicode;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>Refuses a file at its first byte that is not UTF-8.</summary>
internal static class Utf8Check
{
    /// <summary>Throws where the line last read is not UTF-8, and says at which byte of the file.</summary>
    public static void CheckUtf8(this LineReader lines, ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            throw JobProblems.NotUtf8(lines.LineNumber, lines.LineOffset + FirstInvalidByte(line), Utf8Hint.Of(line));
        }
    }

    public static int FirstInvalidByte(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
