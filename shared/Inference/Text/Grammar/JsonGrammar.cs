using System.Text;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// JSON values as automata (RFC 8259). Blanks are at most one space after a colon or a comma: a model cannot lose itself in
/// white space. Strings are valid UTF-8 without lone surrogates; numbers have at most 15 digits on each side of the point.
/// </summary>
internal static class JsonGrammar
{
    private const int Digits = 15;

    public static int String(ByteNfa nfa, int from)
    {
        var body = nfa.Range(from, (byte)'"', (byte)'"');
        Characters(nfa, body);
        Escapes(nfa, body);
        return nfa.Range(body, (byte)'"', (byte)'"');
    }

    public static int Integer(ByteNfa nfa, int from)
    {
        var digits = nfa.Optional(from, state => nfa.Literal(state, "-"u8));
        return nfa.Any(
            digits,
            state => nfa.Literal(state, "0"u8),
            state => nfa.Repeat(nfa.Range(state, (byte)'1', (byte)'9'), 0, Digits - 1, Digit));

        int Digit(int state) => nfa.Range(state, (byte)'0', (byte)'9');
    }

    public static int Number(ByteNfa nfa, int from)
    {
        var whole = Integer(nfa, from);
        var fraction = nfa.Optional(whole, state => nfa.Repeat(nfa.Literal(state, "."u8), 1, Digits, Digit));
        return nfa.Optional(fraction, state =>
        {
            var sign = nfa.Any(state, s => nfa.Literal(s, "e"u8), s => nfa.Literal(s, "E"u8));
            var power = nfa.Any(sign, s => s, s => nfa.Literal(s, "+"u8), s => nfa.Literal(s, "-"u8));
            return nfa.Repeat(power, 1, 2, Digit);
        });

        int Digit(int state) => nfa.Range(state, (byte)'0', (byte)'9');
    }

    public static int Literal(ByteNfa nfa, int from, string json) => nfa.Literal(from, Encoding.UTF8.GetBytes(json));

    public static int Boolean(ByteNfa nfa, int from) => nfa.Any(from, state => Literal(nfa, state, "true"), state => Literal(nfa, state, "false"));

    public static int Colon(ByteNfa nfa, int from) => Spaced(nfa, nfa.Literal(from, ":"u8));

    public static int Comma(ByteNfa nfa, int from) => Spaced(nfa, nfa.Literal(from, ","u8));

    /// <summary>[item, item, …], the item built once: the loop leads back to it.</summary>
    public static int Array(ByteNfa nfa, int from, Func<int, int> item) => Loop(nfa, from, "[]", item);

    /// <summary>[item, item, …] with a number of items between two; each place has states of its own.</summary>
    /// <param name="nfa">Where states go.</param>
    /// <param name="from">State before.</param>
    /// <param name="least">Items at least.</param>
    /// <param name="most">Items at most; null: any number.</param>
    /// <param name="item">Adds one item.</param>
    public static int Array(ByteNfa nfa, int from, int least, int? most, Func<int, int> item)
    {
        var (at, end) = (nfa.Literal(from, "["u8), nfa.State());
        for (var count = 0; ; count++)
        {
            if (count >= least)
            {
                nfa.Epsilon(at, end);
            }

            if (count == most)
            {
                break;
            }

            var before = nfa.State();
            nfa.Epsilon(count == 0 ? at : Comma(nfa, at), before);
            at = item(before);
            if (most is null && count >= least)
            {
                nfa.Epsilon(at, end);
                nfa.Epsilon(Comma(nfa, at), before);
                break;
            }
        }

        return nfa.Literal(end, "]"u8);
    }

    /// <summary>Any object, nested at most <paramref name="depth"/> deep.</summary>
    public static int AnyObject(ByteNfa nfa, int from, int depth) =>
        Loop(nfa, from, "{}", state => AnyValue(nfa, Colon(nfa, String(nfa, state)), depth - 1));

    private static int AnyValue(ByteNfa nfa, int from, int depth)
    {
        List<Func<int, int>> branches = [state => String(nfa, state), state => Number(nfa, state), state => Boolean(nfa, state), state => Literal(nfa, state, "null")];
        if (depth > 0)
        {
            branches.Add(state => AnyObject(nfa, state, depth));
            branches.Add(state => Array(nfa, state, item => AnyValue(nfa, item, depth - 1)));
        }

        return nfa.Any(from, branches);
    }

    private static int Loop(ByteNfa nfa, int from, string brackets, Func<int, int> item)
    {
        var open = nfa.Range(from, (byte)brackets[0], (byte)brackets[0]);
        var first = nfa.State();
        nfa.Epsilon(open, first);
        var after = item(first);
        nfa.Epsilon(Comma(nfa, after), first);
        var close = nfa.Range(after, (byte)brackets[1], (byte)brackets[1]);
        nfa.Range(open, (byte)brackets[1], (byte)brackets[1], close);
        return close;
    }

    private static int Spaced(ByteNfa nfa, int from) => nfa.Optional(from, state => nfa.Literal(state, " "u8));

    /// <summary>Well-formed UTF-8 (Unicode, table 3-7) but for the quote, the backslash and controls.</summary>
    private static void Characters(ByteNfa nfa, int body)
    {
        nfa.Range(body, 0x20, 0x21, body);
        nfa.Range(body, 0x23, 0x5B, body);
        nfa.Range(body, 0x5D, 0x7F, body);
        Sequence([(0xC2, 0xDF), (0x80, 0xBF)]);
        Sequence([(0xE0, 0xE0), (0xA0, 0xBF), (0x80, 0xBF)]);
        Sequence([(0xE1, 0xEC), (0x80, 0xBF), (0x80, 0xBF)]);
        Sequence([(0xED, 0xED), (0x80, 0x9F), (0x80, 0xBF)]);
        Sequence([(0xEE, 0xEF), (0x80, 0xBF), (0x80, 0xBF)]);
        Sequence([(0xF0, 0xF0), (0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)]);
        Sequence([(0xF1, 0xF3), (0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)]);
        Sequence([(0xF4, 0xF4), (0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)]);

        void Sequence(ReadOnlySpan<(byte Low, byte High)> bytes)
        {
            var at = body;
            foreach (var (low, high) in bytes[..^1])
            {
                at = nfa.Range(at, low, high);
            }

            nfa.Range(at, bytes[^1].Low, bytes[^1].High, body);
        }
    }

    private static void Escapes(ByteNfa nfa, int body)
    {
        var escape = nfa.Range(body, (byte)'\\', (byte)'\\');
        foreach (var value in "\"\\/bfnrt"u8)
        {
            nfa.Range(escape, value, value, body);
        }

        var hex = nfa.Literal(escape, "u"u8);
        var second = nfa.State();
        foreach (var (low, high) in new[] { ('0', '9'), ('a', 'c'), ('e', 'f'), ('A', 'C'), ('E', 'F') })
        {
            nfa.Range(hex, (byte)low, (byte)high, second);
        }

        var (third, fourth) = (nfa.State(), nfa.State());
        foreach (var (from, to) in new[] { (second, third), (third, fourth), (fourth, body) })
        {
            nfa.Range(from, (byte)'0', (byte)'9', to);
            nfa.Range(from, (byte)'a', (byte)'f', to);
            nfa.Range(from, (byte)'A', (byte)'F', to);
        }
    }
}
