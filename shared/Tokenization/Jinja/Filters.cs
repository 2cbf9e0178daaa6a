namespace InternPlatform.Tokenization.Jinja;

/// <summary>What stands after <c>|</c>.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Func<object?, Arguments, object?>> Table = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, arguments) => Values.Text(value).Trim((arguments.Get(0, "chars", null) as MarkedText)?.Text, atStart: true, atEnd: true),
        ["upper"] = (value, _) => Values.Text(value).Map(text => text.ToUpperInvariant()),
        ["lower"] = (value, _) => Values.Text(value).Map(text => text.ToLowerInvariant()),
        ["capitalize"] = (value, _) => Methods.Capitalized(Values.Text(value)),
        ["title"] = (value, _) => Methods.Titled(Values.Text(value)),
        ["string"] = (value, _) => Values.Text(value),
        ["safe"] = (value, _) => value,
        ["replace"] = (value, arguments) => Values.Text(value).Replace(Values.Text(arguments.Need(0, "old")).Text, Values.Text(arguments.Need(1, "new"))),
        ["indent"] = Indent,
        ["length"] = (value, _) => (long)(value is MarkedText text ? text.Length : Values.Items(value).Count),
        ["tojson"] = (value, arguments) => ValueWriter.Json(value, arguments.Get(0, "indent", null) is { } width ? (int)Math.Clamp(Values.Integer(width), 0, 16) : null),
        ["default"] = (value, arguments) => value is Undefined || (Values.IsTrue(arguments.Get(1, "boolean", false)) && !Values.IsTrue(value))
            ? arguments.Get(0, "default_value", MarkedText.Empty)
            : value,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = (value, _) => value is long number and > long.MinValue ? (object)Math.Abs(number) : Math.Abs(Values.Number(value) ?? 0),
        ["first"] = (value, _) => Values.Items(value) is [var first, ..] ? first : new Undefined("the first of nothing"),
        ["last"] = (value, _) => Values.Items(value) is [.., var last] ? last : new Undefined("the last of nothing"),
        ["list"] = (value, _) => new List<object?>(Values.Items(value)),
        ["reverse"] = (value, _) => Access.Slice(value, null, null, -1),
        ["items"] = (value, _) => value is Map map ? Methods.EntriesOf(map) : [],
        ["dictsort"] = (value, _) => Methods.EntriesOf(value as Map ?? new Map()).OrderBy(entry => Values.Text(((List<object?>)entry!)[0]).Text, StringComparer.OrdinalIgnoreCase).ToList(),
        ["join"] = (value, arguments) => MarkedText.Join(Values.Text(arguments.Get(0, "d", MarkedText.Empty)), Selected(value, arguments.Get(1, "attribute", null)).ConvertAll(Values.Text)),
        ["map"] = MapItems,
        ["select"] = (value, arguments) => Select(value, arguments, byAttribute: false, keeps: true),
        ["reject"] = (value, arguments) => Select(value, arguments, byAttribute: false, keeps: false),
        ["selectattr"] = (value, arguments) => Select(value, arguments, byAttribute: true, keeps: true),
        ["rejectattr"] = (value, arguments) => Select(value, arguments, byAttribute: true, keeps: false),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal) { ["count"] = "length", ["d"] = "default" };

    /// <summary>The name as it is, where a filter has it.</summary>
    /// <exception cref="ChatTemplateException">None has.</exception>
    public static string Known(string name, TokenReader tokens) =>
        OtherNames.GetValueOrDefault(name, name) is var known && Table.ContainsKey(known) ? known : throw tokens.Fault($"there is no filter '{name}'");

    public static object? Apply(string name, object? value, Arguments arguments) => value is Undefined undefined && name is not ("default" or "list" or "string" or "join" or "items" or "length")
        ? throw new ChatTemplateException($"The template filters '{undefined.What}', which is undefined, with '{name}'.")
        : Table[name](value, arguments);

    private static List<object?> MapItems(object? value, Arguments arguments)
    {
        if (arguments.Named.TryGetValue("attribute", out var attribute))
        {
            return Values.Items(value).ConvertAll(item => Member(item, attribute) is Undefined ? arguments.Get(1, "default", new Undefined("an attribute")) : Member(item, attribute));
        }

        var filter = NameIn(arguments, 0, Table.ContainsKey);
        var rest = new Arguments([.. arguments.Positional.Skip(1)], arguments.Named);
        return Values.Items(value).ConvertAll(item => Apply(filter, item, rest));
    }

    private static List<object?> Selected(object? value, object? attribute) =>
        attribute is null ? Values.Items(value) : Values.Items(value).ConvertAll(item => Member(item, attribute));

    private static List<object?> Select(object? value, Arguments arguments, bool byAttribute, bool keeps)
    {
        var at = byAttribute ? 1 : 0;
        var test = arguments.Positional.Count > at ? NameIn(arguments, at, ValueTests.Exists) : null;
        var rest = new Arguments([.. arguments.Positional.Skip(at + 1)], arguments.Named);
        return Values.Items(value).FindAll(item =>
        {
            var tested = byAttribute ? Member(item, arguments.Need(0, "attribute")) : item;
            return keeps == (test is null ? Values.IsTrue(tested) : ValueTests.Holds(test, tested, rest));
        });
    }

    private static string NameIn(Arguments arguments, int index, Func<string, bool> exists) =>
        Values.Text(arguments.Need(index, "name")).Text is var name && exists(name) ? name : throw new ChatTemplateException($"The template uses '{name}', which is not known here.");

    // 'function.name' goes two steps.
    private static object? Member(object? item, object? attribute) =>
        Values.Text(attribute).Split(".", int.MaxValue).Aggregate(item, (value, name) => value is Undefined ? value : Access.Entry(value, name));

    private static MarkedText Indent(object? value, Arguments arguments)
    {
        var margin = new MarkedText(new string(' ', (int)Math.Clamp(Values.Integer(arguments.Get(0, "width", 4L)), 0, 64)), Origin.Template);
        var lines = Values.Text(value).Split("\n", int.MaxValue);
        var indentsFirst = Values.IsTrue(arguments.Get(1, "first", false));
        var newLine = new MarkedText("\n", Origin.Template);
        return MarkedText.Join(newLine, [.. lines.Select((line, i) => line.Length == 0 || (i == 0 && !indentsFirst) ? line : MarkedText.Join(MarkedText.Empty, [margin, line]))]);
    }

    private static object? ToInteger(object? value, Arguments arguments) => value is MarkedText text
        ? long.TryParse(text.Text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : arguments.Get(0, "default", 0L)
        : Values.Number(value) is null ? arguments.Get(0, "default", 0L) : Values.Integer(value);

    private static object? ToFloat(object? value, Arguments arguments) => value is MarkedText text
        ? double.TryParse(text.Text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : arguments.Get(0, "default", 0.0)
        : Values.Number(value) ?? arguments.Get(0, "default", 0.0);
}
