namespace InternPlatform.Tokenization.Jinja;

/// <summary>What stands after <c>is</c>.</summary>
internal static class ValueTests
{
    private static readonly Dictionary<string, Func<object?, Arguments, bool>> Table = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["boolean"] = (value, _) => value is bool,
        ["string"] = (value, _) => value is MarkedText,
        ["mapping"] = (value, _) => value is Map,
        ["sequence"] = (value, _) => value is MarkedText or Map or List<object?>,
        ["iterable"] = (value, _) => value is MarkedText or Map or List<object?> or Undefined,
        ["callable"] = (value, _) => value is Function,
        ["number"] = (value, _) => value is bool or long or double,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["odd"] = (value, _) => Values.Integer(value) % 2 != 0,
        ["even"] = (value, _) => Values.Integer(value) % 2 == 0,
        ["divisibleby"] = (value, arguments) => Values.Integer(arguments.Need(0, "num")) is not 0 and var divisor && Values.Integer(value) % divisor == 0,
        ["eq"] = (value, arguments) => Values.AreEqual(value, arguments.Need(0, "other")),
        ["ne"] = (value, arguments) => !Values.AreEqual(value, arguments.Need(0, "other")),
        ["lt"] = (value, arguments) => Values.Compare(value, arguments.Need(0, "other")) < 0,
        ["gt"] = (value, arguments) => Values.Compare(value, arguments.Need(0, "other")) > 0,
        ["in"] = (value, arguments) => Values.Contains(arguments.Need(0, "seq"), value),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["equalto"] = "eq",
        ["=="] = "eq",
        ["!="] = "ne",
        ["lessthan"] = "lt",
        ["greaterthan"] = "gt",
    };

    public static bool Exists(string name) => Table.ContainsKey(OtherNames.GetValueOrDefault(name, name));

    /// <summary>The name as it is, where a test has it.</summary>
    /// <exception cref="ChatTemplateException">None has.</exception>
    public static string Known(string name, TokenReader tokens) => Exists(name) ? name : throw tokens.Fault($"there is no test '{name}'");

    public static bool Holds(string name, object? value, Arguments arguments) => Table[OtherNames.GetValueOrDefault(name, name)](value, arguments);
}
