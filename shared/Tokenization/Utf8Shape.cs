using System.Buffers;
using System.Text;

namespace InternPlatform.Tokenization;

internal static class Utf8Shape
{
    /// <summary>Bytes of the character that begins with <paramref name="first"/>.</summary>
    public static int WidthOf(byte first) => first switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    /// <summary>
    /// True for whole characters, and for the beginning of one single character. Everything else ends inside a
    /// character that it shares with its neighbour, and would glue Chinese words to half of what follows them.
    /// </summary>
    public static bool IsWholeOrBeginning(ReadOnlySpan<byte> token)
    {
        for (var start = 0; start < token.Length;)
        {
            switch (Rune.DecodeFromUtf8(token[start..], out _, out var consumed))
            {
                case OperationStatus.Done:
                    start += consumed;
                    break;
                case OperationStatus.NeedMoreData:
                    return start == 0;
                default:
                    return false;
            }
        }

        return true;
    }
}
