namespace InternPlatform.Tokenization.Jinja;

/// <summary>Something with a value.</summary>
internal abstract class Expression
{
    public object? Evaluate(Frame frame)
    {
        frame.Step();
        return Compute(frame);
    }

    protected abstract object? Compute(Frame frame);
}

internal sealed class Literal(object? value) : Expression
{
    protected override object? Compute(Frame frame) => value;
}

internal sealed class NameOf(string name) : Expression
{
    public string Name => name;

    protected override object? Compute(Frame frame) => frame.Get(name);
}

internal sealed class ListOf(List<Expression> items) : Expression
{
    public List<Expression> Items => items;

    protected override object? Compute(Frame frame) => items.ConvertAll(item => item.Evaluate(frame));
}

internal sealed class MapOf(List<(Expression Key, Expression Value)> entries) : Expression
{
    protected override object? Compute(Frame frame)
    {
        var map = new Map();
        foreach (var (key, value) in entries)
        {
            map.Set(Values.Text(key.Evaluate(frame)), value.Evaluate(frame));
        }

        return map;
    }
}

/// <summary><c>a.b</c>: a method first, as Python finds them, then an entry.</summary>
internal sealed class MemberOf(Expression target, string name) : Expression
{
    public Expression Target => target;

    public string Name => name;

    protected override object? Compute(Frame frame)
    {
        var value = target.Evaluate(frame);
        return Methods.Find(value, name) ?? Access.Entry(value, new MarkedText(name, Origin.Template));
    }
}

/// <summary><c>a[b]</c>.</summary>
internal sealed class ItemOf(Expression target, Expression index) : Expression
{
    protected override object? Compute(Frame frame) => Access.Entry(target.Evaluate(frame), index.Evaluate(frame));
}

/// <summary><c>a[start:end:step]</c>.</summary>
internal sealed class SliceOf(Expression target, Expression? start, Expression? end, Expression? step) : Expression
{
    protected override object? Compute(Frame frame) =>
        Access.Slice(target.Evaluate(frame), Bound(start, frame), Bound(end, frame), Bound(step, frame) ?? 1);

    private static long? Bound(Expression? bound, Frame frame) => bound?.Evaluate(frame) is { } value ? Values.Integer(value) : null;
}

internal sealed class CallOf(Expression target, ArgumentList arguments) : Expression
{
    protected override object? Compute(Frame frame) => target.Evaluate(frame) is Function function
        ? function.Invoke(arguments.Evaluate(frame))
        : throw new ChatTemplateException($"The template calls '{(target as NameOf)?.Name ?? (target as MemberOf)?.Name ?? "something"}', which is not a function that is known here.");
}

internal sealed class FilterOf(Expression target, string name, ArgumentList arguments) : Expression
{
    protected override object? Compute(Frame frame) => Filters.Apply(name, target.Evaluate(frame), arguments.Evaluate(frame));
}

internal sealed class TestOf(Expression target, string name, ArgumentList arguments) : Expression
{
    protected override object? Compute(Frame frame) => ValueTests.Holds(name, target.Evaluate(frame), arguments.Evaluate(frame));
}

/// <summary>Arguments as they are written: by place, by name, and <c>**</c> of a mapping.</summary>
internal sealed record ArgumentList(List<Expression> Positional, List<(string? Name, Expression Value)> Named)
{
    public static readonly ArgumentList None = new([], []);

    public Arguments Evaluate(Frame frame)
    {
        if (Positional.Count == 0 && Named.Count == 0)
        {
            return Arguments.None;
        }

        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, expression) in Named)
        {
            var value = expression.Evaluate(frame);
            foreach (var (key, item) in name is not null ? [(new MarkedText(name, Origin.Template), value)] : value is Map map ? map.Entries : throw new ChatTemplateException("The template spreads what is not a mapping."))
            {
                named[key.Text] = item;
            }
        }

        return new Arguments(Positional.ConvertAll(argument => argument.Evaluate(frame)), named);
    }
}
