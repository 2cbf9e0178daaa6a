namespace InternPlatform.Tokenization.Jinja;

internal sealed class Negated(Expression operand) : Expression
{
    protected override object? Compute(Frame frame) => !Values.IsTrue(operand.Evaluate(frame));
}

/// <summary><c>and</c>, <c>or</c>: the operand that decides, as in Python.</summary>
internal sealed class Either(Expression left, Expression right, bool stopsAt) : Expression
{
    protected override object? Compute(Frame frame)
    {
        var value = left.Evaluate(frame);
        return Values.IsTrue(value) == stopsAt ? value : right.Evaluate(frame);
    }
}

/// <summary><c>a if condition else b</c>.</summary>
internal sealed class Choice(Expression condition, Expression value, Expression? otherwise) : Expression
{
    protected override object? Compute(Frame frame) =>
        Values.IsTrue(condition.Evaluate(frame)) ? value.Evaluate(frame) : otherwise is null ? new Undefined("the other choice") : otherwise.Evaluate(frame);
}

/// <summary><c>a &lt; b == c</c>: each with its neighbour.</summary>
internal sealed class Comparison(Expression first, List<(string Sign, Expression Right)> rest) : Expression
{
    protected override object? Compute(Frame frame)
    {
        var left = first.Evaluate(frame);
        foreach (var (sign, expression) in rest)
        {
            var right = expression.Evaluate(frame);
            if (!Holds(sign, left, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private static bool Holds(string sign, object? left, object? right) => sign switch
    {
        "==" => Values.AreEqual(left, right),
        "!=" => !Values.AreEqual(left, right),
        "in" => Values.Contains(right, left),
        "not in" => !Values.Contains(right, left),
        "<" => Values.Compare(left, right) < 0,
        "<=" => Values.Compare(left, right) <= 0,
        ">" => Values.Compare(left, right) > 0,
        _ => Values.Compare(left, right) >= 0,
    };
}

internal sealed class Arithmetic(string sign, Expression left, Expression right) : Expression
{
    protected override object? Compute(Frame frame)
    {
        var (a, b) = (left.Evaluate(frame), right.Evaluate(frame));
        return (sign, a, b) switch
        {
            ("~", _, _) => Joined(Values.Text(a), Values.Text(b)),
            ("+", MarkedText x, MarkedText y) => Joined(x, y),
            ("+", List<object?> x, List<object?> y) => x.Count + y.Count <= Values.MaxItems ? new List<object?>([.. x, .. y]) : throw Fault("makes a list that is too long"),
            ("*", MarkedText x, long n) => Repeated(x, n),
            (_, long or bool, long or bool) when sign != "/" => Whole(Values.Integer(a), Values.Integer(b)),
            _ when Values.Number(a) is { } x && Values.Number(b) is { } y => Real(x, y),
            _ => throw Fault($"computes {Values.NameOf(a)} {sign} {Values.NameOf(b)}"),
        };
    }

    private static MarkedText Joined(MarkedText left, MarkedText right) => MarkedText.Join(MarkedText.Empty, [left, right]);

    private static MarkedText Repeated(MarkedText text, long times)
    {
        var builder = new MarkedText.Builder();
        for (var i = 0L; i < times && text.Length > 0; i++)
        {
            builder.Add(text);
        }

        return builder.ToText();
    }

    private object Whole(long a, long b)
    {
        try
        {
            return sign switch
            {
                "+" => checked(a + b),
                "-" => checked(a - b),
                "*" => checked(a * b),
                "//" => (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
                "%" => ((a % b) + b) % b,
                _ when b >= 0 => Power(a, b),
                _ => (object)Math.Pow(a, b),
            };
        }
        catch (ArithmeticException e)
        {
            throw new ChatTemplateException($"The template computes {a} {sign} {b}: {e.Message}", e);
        }
    }

    private static long Power(long a, long b)
    {
        if (a is -1 or 0 or 1)
        {
            return b == 0 ? 1 : b % 2 == 0 ? a * a : a;
        }

        var power = 1L;
        for (; b > 0; b--)
        {
            power = checked(power * a);
        }

        return power;
    }

    private double Real(double a, double b) => sign switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        _ when b == 0 && sign != "**" => throw Fault("divides by 0"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        "%" => a - (b * Math.Floor(a / b)),
        _ => Math.Pow(a, b),
    };

    private static ChatTemplateException Fault(string what) => new($"The template {what}.");
}
