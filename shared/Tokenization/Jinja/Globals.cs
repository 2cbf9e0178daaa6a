using System.Globalization;
using System.Text;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>Functions that Hugging Face gives to chat templates.</summary>
internal static class Globals
{
    private static readonly Dictionary<char, string> Formats = new()
    {
        ['Y'] = "yyyy",
        ['y'] = "yy",
        ['m'] = "MM",
        ['d'] = "dd",
        ['B'] = "MMMM",
        ['b'] = "MMM",
        ['A'] = "dddd",
        ['a'] = "ddd",
        ['H'] = "HH",
        ['I'] = "hh",
        ['M'] = "mm",
        ['S'] = "ss",
        ['p'] = "tt",
    };

    public static IEnumerable<Function> All(TimeProvider time) =>
    [
        new("namespace", arguments => Fill(new Map { IsNamespace = true }, arguments)),
        new("dict", arguments => Fill(new Map(), arguments)),
        new("range", Range),
        new("raise_exception", arguments => throw new ChatTemplateException(Values.Text(arguments.Need(0, "message")).Text)),
        new("strftime_now", arguments => new MarkedText(Time(time.GetLocalNow(), Values.Text(arguments.Need(0, "format")).Text), Origin.Template)),
    ];

    private static Map Fill(Map map, Arguments arguments)
    {
        if (arguments.Get(0, "", null) is Map first)
        {
            foreach (var (key, value) in first.Entries)
            {
                map.Set(key, value);
            }
        }

        foreach (var (name, value) in arguments.Named)
        {
            map.Set(name, value);
        }

        return map;
    }

    private static List<object?> Range(Arguments arguments)
    {
        var bounds = arguments.Positional.Select(Values.Integer).ToArray();
        var (start, end, step) = bounds switch
        {
            [var only] => (0, only, 1),
            [var from, var to] => (from, to, 1),
            [var from, var to, not 0 and var by] => (from, to, by),
            _ => throw new ChatTemplateException("The template calls 'range' with other arguments than it takes."),
        };
        var numbers = new List<object?>();
        for (Int128 number = start; step > 0 ? number < end : number > end; number += step)
        {
            numbers.Add(numbers.Count < Values.MaxItems ? (long)number : throw new ChatTemplateException("The template counts too far."));
        }

        return numbers;
    }

    // C's strftime, where a day or a date is what templates want.
    private static string Time(DateTimeOffset now, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            text.Append(format[i] != '%' || i + 1 == format.Length ? format[i].ToString() : Part(now, format[++i]));
        }

        return text.ToString();
    }

    private static string Part(DateTimeOffset now, char letter) => letter switch
    {
        '%' => "%",
        'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        _ when Formats.TryGetValue(letter, out var format) => now.ToString(format, CultureInfo.InvariantCulture),
        _ => throw new ChatTemplateException($"The template asks for the time as '%{letter}', which is not known here."),
    };
}
