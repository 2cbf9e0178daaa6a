using System.Globalization;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>Values as text: as Python's <c>str</c> prints them, and as its <c>json.dumps</c> does with <c>ensure_ascii=False</c>.</summary>
internal sealed class ValueWriter
{
    private readonly MarkedText.Builder output = new();
    private readonly bool isJson;
    private readonly int? indent;

    private ValueWriter(bool isJson, int? indent)
    {
        this.isJson = isJson;
        this.indent = indent;
    }

    public static MarkedText Print(object? value)
    {
        if (value is MarkedText text)
        {
            return text;
        }

        var writer = new ValueWriter(isJson: false, indent: null);
        writer.Write(value, 0);
        return writer.output.ToText();
    }

    public static MarkedText Json(object? value, int? indent)
    {
        var writer = new ValueWriter(isJson: true, indent);
        writer.Write(value, 0);
        return writer.output.ToText();
    }

    private void Write(object? value, int depth)
    {
        Values.ThrowIfTooDeep();
        switch (value)
        {
            case MarkedText text:
                WriteQuoted(text);
                break;
            case List<object?> list:
                WriteAll('[', ']', list, depth, item => Write(item, depth + 1));
                break;
            case Map map:
                WriteAll('{', '}', [.. map.Entries], depth, entry =>
                {
                    WriteQuoted(entry.Key);
                    output.Add(": ");
                    Write(entry.Value, depth + 1);
                });
                break;
            default:
                output.Add(Scalar(value));
                break;
        }
    }

    private void WriteAll<T>(char open, char close, List<T> items, int depth, Action<T> write)
    {
        output.Add(open.ToString());
        foreach (var (index, item) in items.Index())
        {
            output.Add(index == 0 ? "" : indent is null ? ", " : ",");
            WriteLine(depth + 1);
            write(item);
        }

        if (items.Count > 0)
        {
            WriteLine(depth);
        }

        output.Add(close.ToString());
    }

    private void WriteLine(int depth)
    {
        if (indent is { } width)
        {
            output.Add("\n" + new string(' ', Math.Clamp(width, 0, 16) * Math.Min(depth, 1000)));
        }
    }

    private void WriteQuoted(MarkedText text)
    {
        var quote = isJson || text.Text.Contains('\'') && !text.Text.Contains('"') ? "\"" : "'";
        output.Add(quote);
        var from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (Escape(text.Text[i], quote[0]) is { } escaped)
            {
                output.Add(text.Slice(from, i - from));
                output.Add(new MarkedText(escaped, text.OriginAt(i)));
                from = i + 1;
            }
        }

        output.Add(text.Slice(from, text.Length - from));
        output.Add(quote);
    }

    private string? Escape(char character, char quote) => character switch
    {
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' when isJson => "\\b",
        '\f' when isJson => "\\f",
        _ when character == quote => $"\\{quote}",
        < ' ' or '\x7F' when !isJson => $"\\x{(int)character:x2}",
        < ' ' => $"\\u{(int)character:x4}",
        _ => null,
    };

    private string Scalar(object? value) => value switch
    {
        null => isJson ? "null" : "None",
        bool flag => (flag, isJson) switch { (true, true) => "true", (false, true) => "false", (true, false) => "True", _ => "False" },
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => Float(number),
        Undefined when !isJson => "",
        _ => throw new ChatTemplateException($"The template writes {Values.NameOf(value)} as text."),
    };

    private static string Float(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal);
        return double.IsFinite(number) && !text.Contains('.') && !text.Contains('e') ? text + ".0" : text;
    }
}
