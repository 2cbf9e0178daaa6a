namespace InternPlatform.Tokenization.Jinja;

/// <summary>Methods of texts and mappings, as Python has them.</summary>
internal static class Methods
{
    public static Function? Find(object? value, string name) => value switch
    {
        MarkedText text => OfText(text, name),
        Map { IsNamespace: false } map => OfMap(map, name),
        _ => null,
    };

    public static List<object?> EntriesOf(Map map) => [.. map.Entries.Select(entry => new List<object?> { entry.Key, entry.Value })];

    public static MarkedText Capitalized(MarkedText text) =>
        text.Map(whole => whole.Length == 0 ? whole : char.ToUpperInvariant(whole[0]) + whole[1..].ToLowerInvariant());

    public static MarkedText Titled(MarkedText text) => text.Map(whole => string.Concat(
        whole.Select((character, i) => i > 0 && char.IsLetter(whole[i - 1]) ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character))));

    private static Function? OfMap(Map map, string name) => name switch
    {
        "items" => new Function(name, _ => EntriesOf(map)),
        "keys" => new Function(name, _ => Values.Items(map)),
        "values" => new Function(name, _ => map.Entries.Select(entry => entry.Value).ToList()),
        "get" => new Function(name, arguments => map.TryGet(Values.Text(arguments.Need(0, "key")).Text, out var value) ? value : arguments.Get(1, "default", null)),
        _ => null,
    };

    private static Function? OfText(MarkedText text, string name)
    {
        Func<Arguments, object?>? invoke = name switch
        {
            "strip" => arguments => text.Trim(Characters(arguments), atStart: true, atEnd: true),
            "lstrip" => arguments => text.Trim(Characters(arguments), atStart: true, atEnd: false),
            "rstrip" => arguments => text.Trim(Characters(arguments), atStart: false, atEnd: true),
            "upper" => _ => text.Map(whole => whole.ToUpperInvariant()),
            "lower" => _ => text.Map(whole => whole.ToLowerInvariant()),
            "capitalize" => _ => Capitalized(text),
            "title" => _ => Titled(text),
            "startswith" => arguments => Prefixes(arguments).Exists(prefix => text.Text.StartsWith(prefix, StringComparison.Ordinal)),
            "endswith" => arguments => Prefixes(arguments).Exists(suffix => text.Text.EndsWith(suffix, StringComparison.Ordinal)),
            "find" => arguments => (long)text.Text.IndexOf(Argument(arguments, "sub"), StringComparison.Ordinal),
            "count" => arguments => text.Split(NotEmpty(Argument(arguments, "sub")), int.MaxValue).Count - 1L,
            "replace" => arguments => text.Replace(Argument(arguments, "old"), Values.Text(arguments.Need(1, "new"))),
            "split" => arguments => Split(text, arguments),
            "splitlines" => _ => (text.Text.EndsWith('\n') ? text.Slice(0, text.Length - 1) : text).Split("\n", long.MaxValue).ConvertAll<object?>(line => line),
            "join" => arguments => MarkedText.Join(text, Values.Items(arguments.Need(0, "iterable")).ConvertAll(Values.Text)),
            "isdigit" => _ => text.Length > 0 && text.Text.All(char.IsDigit),
            _ => null,
        };
        return invoke is null ? null : new Function(name, invoke);
    }

    private static List<object?> Split(MarkedText text, Arguments arguments)
    {
        var separator = (arguments.Get(0, "sep", null) as MarkedText)?.Text;
        var most = Values.Integer(arguments.Get(1, "maxsplit", -1L));
        return text.Split(separator is null ? null : NotEmpty(separator), most < 0 ? long.MaxValue : most).ConvertAll<object?>(part => part);
    }

    private static string NotEmpty(string separator) => separator.Length > 0 ? separator : throw new ChatTemplateException("The template splits by an empty text.");

    private static string? Characters(Arguments arguments) => (arguments.Get(0, "chars", null) as MarkedText)?.Text;

    private static string Argument(Arguments arguments, string name) => Values.Text(arguments.Need(0, name)).Text;

    // Python takes one prefix, or several in a tuple.
    private static List<string> Prefixes(Arguments arguments) => arguments.Need(0, "prefix") is List<object?> several
        ? several.ConvertAll(prefix => Values.Text(prefix).Text)
        : [Argument(arguments, "prefix")];
}
