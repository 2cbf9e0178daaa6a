using System.Text;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>A range of characters as ranges of bytes: UTF-8 keeps the order, so each length falls into a few runs of equal first bytes.</summary>
internal static class Utf8Range
{
    private const byte First = 0x80;
    private const byte Last = 0xBF;

    // Where the length changes, and halves of surrogate pairs, which are no characters.
    private static readonly (int Low, int High)[] Lengths = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)];

    /// <param name="nfa">Where states go.</param>
    /// <param name="from">State before.</param>
    /// <param name="low">First code point.</param>
    /// <param name="high">Last code point.</param>
    /// <param name="to">State after.</param>
    public static void Add(ByteNfa nfa, int from, int low, int high, int to)
    {
        foreach (var (least, most) in Lengths)
        {
            if (Math.Max(low, least) <= Math.Min(high, most))
            {
                Add(nfa, from, Bytes(Math.Max(low, least)), Bytes(Math.Min(high, most)), to);
            }
        }
    }

    private static void Add(ByteNfa nfa, int from, ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, int to)
    {
        if (low.Length == 1)
        {
            nfa.Range(from, low[0], high[0], to);
            return;
        }

        if (low[0] == high[0])
        {
            Add(nfa, nfa.Range(from, low[0], low[0]), low[1..], high[1..], to);
            return;
        }

        var (first, last) = (low[0], high[0]);
        if (low[1..].ContainsAnyExcept(First))
        {
            Add(nfa, from, low, Filled(first, Last, low.Length), to);
            first++;
        }

        if (high[1..].ContainsAnyExcept(Last))
        {
            Add(nfa, from, Filled(last, First, high.Length), high, to);
            last--;
        }

        if (first > last)
        {
            return;
        }

        from = nfa.Range(from, first, last);
        for (var rest = low.Length - 1; rest > 1; rest--)
        {
            from = nfa.Range(from, First, Last);
        }

        nfa.Range(from, First, Last, to);
    }

    private static byte[] Filled(byte first, byte others, int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, others);
        bytes[0] = first;
        return bytes;
    }

    private static byte[] Bytes(int codePoint)
    {
        var rune = new Rune(codePoint);
        var bytes = new byte[rune.Utf8SequenceLength];
        rune.EncodeToUtf8(bytes);
        return bytes;
    }
}
