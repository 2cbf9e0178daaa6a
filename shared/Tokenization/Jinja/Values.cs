using System.Globalization;
using System.Runtime.CompilerServices;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>A name or a member that is not there.</summary>
internal sealed class Undefined(string what)
{
    public string What { get; } = what;
}

/// <summary>A dictionary in the order of its making; its keys are texts.</summary>
internal sealed class Map
{
    private readonly OrderedDictionary<string, (MarkedText Key, object? Value)> entries = new(StringComparer.Ordinal);

    /// <summary>Whether a template may set members: of a <c>namespace()</c> alone.</summary>
    public bool IsNamespace { get; init; }

    public IEnumerable<(MarkedText Key, object? Value)> Entries => entries.Values;

    public int Count => entries.Count;

    public bool TryGet(string key, out object? value)
    {
        var found = entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return found;
    }

    public void Set(MarkedText key, object? value) => entries[key.Text] = (entries.TryGetValue(key.Text, out var old) ? old.Key : key, value);

    public void Set(string key, object? value) => Set(new MarkedText(key, Origin.Template), value);
}

/// <summary>What a call hands over.</summary>
internal sealed record Arguments(IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named)
{
    public static readonly Arguments None = new([], new Dictionary<string, object?>());

    /// <summary>The argument of this place or name, or <paramref name="otherwise"/>.</summary>
    public object? Get(int index, string name, object? otherwise) =>
        index < Positional.Count ? Positional[index] : Named.TryGetValue(name, out var value) ? value : otherwise;

    public object? Need(int index, string name) => index < Positional.Count || Named.ContainsKey(name)
        ? Get(index, name, null)
        : throw new ChatTemplateException($"The template calls something without its argument '{name}'.");
}

/// <summary>Something that a template can call.</summary>
internal sealed record Function(string Name, Func<Arguments, object?> Invoke);

/// <summary>What Python does with values: None is null; texts, lists, maps, longs, doubles, bools, functions and <see cref="Undefined"/>.</summary>
internal static class Values
{
    /// <summary>A text or a list stays this long.</summary>
    public const int MaxItems = 1 << 20;

    // Values that share their parts can be small and take forever to compare.
    private const int MaxComparisons = 1 << 22;

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        MarkedText text => text.Length > 0,
        List<object?> list => list.Count > 0,
        Map { IsNamespace: false } map => map.Count > 0,
        _ => true,
    };

    public static bool AreEqual(object? left, object? right)
    {
        var budget = MaxComparisons;
        return AreEqual(left, right, ref budget);
    }

    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (MarkedText a, MarkedText b) => string.CompareOrdinal(a.Text, b.Text),
        _ when Number(left) is { } a && Number(right) is { } b => a.CompareTo(b),
        _ => throw new ChatTemplateException($"The template compares {NameOf(left)} with {NameOf(right)}."),
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        MarkedText text when item is MarkedText part => text.Text.Contains(part.Text, StringComparison.Ordinal),
        List<object?> list => IsIn(list, item),
        Map map => item is MarkedText key && map.TryGet(key.Text, out _),
        Undefined => false,
        _ => throw new ChatTemplateException($"The template looks for {NameOf(item)} in {NameOf(container)}."),
    };

    public static List<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        Map map => [.. map.Entries.Select(entry => entry.Key)],
        MarkedText { Length: <= MaxItems } text => [.. Enumerable.Range(0, text.Length).Select(i => text.Slice(i, 1))],
        Undefined => [],
        _ => throw new ChatTemplateException($"The template goes through {NameOf(value)} as if it were a list."),
    };

    public static double? Number(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        double number => number,
        _ => null,
    };

    public static MarkedText Text(object? value) => value as MarkedText ?? ValueWriter.Print(value);

    public static long Integer(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        double number when double.IsFinite(number) && Math.Abs(number) < long.MaxValue => (long)number,
        _ => throw new ChatTemplateException($"The template needs a whole number and has {NameOf(value)}."),
    };

    public static string NameOf(object? value) => value switch
    {
        null => "none",
        Undefined undefined => $"'{undefined.What}', which is undefined",
        bool or long or double => string.Create(CultureInfo.InvariantCulture, $"the value {value}"),
        MarkedText => "a text",
        List<object?> => "a list",
        Map => "a mapping",
        _ => "a function",
    };

    /// <summary>A template and what it makes may be nested as deep as the stack is safe, and not deeper.</summary>
    public static void ThrowIfTooDeep()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ChatTemplateException("The template, or a value in it, is nested too deep.");
        }
    }

    private static bool IsIn(List<object?> list, object? item)
    {
        var budget = MaxComparisons;
        foreach (var other in list)
        {
            if (AreEqual(other, item, ref budget))
            {
                return true;
            }
        }

        return false;
    }

    private static bool AreEqual(object? left, object? right, ref int budget)
    {
        ThrowIfTooDeep();
        if (--budget < 0)
        {
            throw new ChatTemplateException("The template compares values that are too large.");
        }

        return (left, right) switch
        {
            (MarkedText a, MarkedText b) => a.Text == b.Text,
            (List<object?> a, List<object?> b) => AreEqual(a, b, ref budget),
            (Map a, Map b) => AreEqual(a, b, ref budget),
            (Undefined, Undefined) => true,
            _ when Number(left) is { } a && Number(right) is { } b => a == b,
            _ => Equals(left, right),
        };
    }

    private static bool AreEqual(List<object?> left, List<object?> right, ref int budget)
    {
        var areEqual = left.Count == right.Count;
        for (var i = 0; areEqual && i < left.Count; i++)
        {
            areEqual = AreEqual(left[i], right[i], ref budget);
        }

        return areEqual;
    }

    private static bool AreEqual(Map left, Map right, ref int budget)
    {
        var areEqual = left.Count == right.Count;
        foreach (var (key, value) in areEqual ? left.Entries : [])
        {
            areEqual = areEqual && right.TryGet(key.Text, out var other) && AreEqual(value, other, ref budget);
        }

        return areEqual;
    }
}
