using System.Globalization;

namespace InternPlatform.Tokenization.Jinja;

/// <summary>Expressions, each method one precedence of Jinja's grammar, from the weakest.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    // After a test without parentheses these begin something else than its argument.
    private static readonly HashSet<string> NoArgument = ["else", "and", "or", "if", "in", "not", "is"];

    /// <summary>An expression, with a choice where there is one.</summary>
    public Expression Parse()
    {
        Values.ThrowIfTooDeep();
        var value = ParseOr();
        while (tokens.TakeName("if"))
        {
            var condition = ParseOr();
            value = new Choice(condition, value, tokens.TakeName("else") ? Parse() : null);
        }

        return value;
    }

    /// <summary>An expression in which <c>if</c> begins something else: what a loop goes through.</summary>
    public Expression ParseOr()
    {
        var left = ParseAnd();
        while (tokens.TakeName("or"))
        {
            left = new Either(left, ParseAnd(), stopsAt: true);
        }

        return left;
    }

    /// <summary>Expressions with commas between them are a list.</summary>
    public Expression ParseTuple()
    {
        var first = Parse();
        return tokens.IsSymbol(",") ? new ListOf(ParseRest(first, ends: null)) : first;
    }

    public ArgumentList ParseArguments()
    {
        var arguments = new ArgumentList([], []);
        tokens.Expect("(");
        while (!tokens.TakeSymbol(")"))
        {
            if (tokens.TakeSymbol("**"))
            {
                arguments.Named.Add((null, Parse()));
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Next is { Kind: TokenKind.Symbol, Text: "=" })
            {
                var name = tokens.Take().Text;
                tokens.Take();
                arguments.Named.Add((name, Parse()));
            }
            else
            {
                arguments.Positional.Add(Parse());
            }

            ExpectCommaOr(")");
        }

        return arguments;
    }

    // Takes the comma after an item; the last one needs none.
    private void ExpectCommaOr(string end)
    {
        if (!tokens.IsSymbol(end))
        {
            tokens.Expect(",");
        }
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.TakeName("and"))
        {
            left = new Either(left, ParseNot(), stopsAt: false);
        }

        return left;
    }

    private Expression ParseNot()
    {
        Values.ThrowIfTooDeep();
        return tokens.TakeName("not") ? new Negated(ParseNot()) : ParseComparison();
    }

    private Expression ParseComparison()
    {
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (TakeComparison() is { } sign)
        {
            rest.Add((sign, ParseSum()));
        }

        return rest.Count == 0 ? first : new Comparison(first, rest);
    }

    private string? TakeComparison()
    {
        if (tokens.Current is { Kind: TokenKind.Symbol, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" })
        {
            return tokens.Take().Text;
        }

        if (tokens.IsName("not") && tokens.Next is { Kind: TokenKind.Name, Text: "in" })
        {
            tokens.Take();
            tokens.Take();
            return "not in";
        }

        return tokens.TakeName("in") ? "in" : null;
    }

    private Expression ParseSum() => ParseLeft(ParseJoin, "+", "-");

    private Expression ParseJoin() => ParseLeft(ParseProduct, "~");

    private Expression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseLeft(() => ParseUnary(withFilters: true), "**");

    private Expression ParseLeft(Func<Expression> parseOperand, params string[] signs)
    {
        var left = parseOperand();
        while (tokens.Current.Kind == TokenKind.Symbol && signs.Contains(tokens.Current.Text))
        {
            left = new Arithmetic(tokens.Take().Text, left, parseOperand());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        Values.ThrowIfTooDeep();
        var value = tokens.TakeSymbol("-") ? new Arithmetic("-", new Literal(0L), ParseUnary(withFilters: false))
            : tokens.TakeSymbol("+") ? ParseUnary(withFilters: false)
            : ParsePrimary();
        value = ParsePostfix(value);
        return withFilters ? ParseFilters(value) : value;
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            if (tokens.TakeSymbol("."))
            {
                value = tokens.Current.Kind == TokenKind.Integer ? new ItemOf(value, ParsePrimary()) : new MemberOf(value, tokens.AnyName());
            }
            else if (tokens.TakeSymbol("["))
            {
                value = ParseItem(value);
            }
            else if (tokens.IsSymbol("("))
            {
                value = new CallOf(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseItem(Expression target)
    {
        var bounds = new Expression?[3];
        var count = 0;
        for (var isSlice = false; ; isSlice = true)
        {
            bounds[count] = tokens.IsSymbol(":") || tokens.IsSymbol("]") ? null : Parse();
            if (!tokens.TakeSymbol(":") || ++count == bounds.Length)
            {
                tokens.Expect("]");
                return isSlice ? new SliceOf(target, bounds[0], bounds[1], bounds[2]) : new ItemOf(target, bounds[0] ?? throw tokens.Fault("an index is expected"));
            }
        }
    }

    private Expression ParseFilters(Expression value)
    {
        while (true)
        {
            if (tokens.TakeSymbol("|"))
            {
                var name = Filters.Known(tokens.AnyName(), tokens);
                value = new FilterOf(value, name, tokens.IsSymbol("(") ? ParseArguments() : ArgumentList.None);
            }
            else if (tokens.TakeName("is"))
            {
                value = ParseTest(value);
            }
            else if (tokens.IsSymbol("("))
            {
                value = new CallOf(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseTest(Expression value)
    {
        var isNegated = tokens.TakeName("not");
        var name = ValueTests.Known(tokens.AnyName(), tokens);
        var test = new TestOf(value, name, ParseTestArguments());
        return isNegated ? new Negated(test) : test;
    }

    private ArgumentList ParseTestArguments() => tokens.Current switch
    {
        { Kind: TokenKind.Symbol, Text: "(" } => ParseArguments(),
        { Kind: TokenKind.Symbol, Text: "{" or "[" } or { Kind: TokenKind.Text or TokenKind.Integer or TokenKind.Float } => OneArgument(),
        { Kind: TokenKind.Name, Text: var name } when !NoArgument.Contains(name) => OneArgument(),
        _ => ArgumentList.None,
    };

    private ArgumentList OneArgument() => new([ParsePostfix(ParsePrimary())], []);

    private Expression ParsePrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Take();
                return NameOrConstant(token.Text);
            case TokenKind.Text:
                return new Literal(new MarkedText(ParseTexts(), Origin.Template));
            case TokenKind.Integer:
                tokens.Take();
                return new Literal(long.TryParse(token.Text, CultureInfo.InvariantCulture, out var number) ? number : throw tokens.Fault($"the number {token.Text} is too large"));
            case TokenKind.Float:
                tokens.Take();
                return new Literal(double.Parse(token.Text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            default:
                return ParseBracketed();
        }
    }

    // Texts side by side are one.
    private string ParseTexts()
    {
        var text = tokens.Take().Text;
        while (tokens.Current.Kind == TokenKind.Text)
        {
            text += tokens.Take().Text;
        }

        return text;
    }

    private static Expression NameOrConstant(string name) => name switch
    {
        "true" or "True" => new Literal(true),
        "false" or "False" => new Literal(false),
        "none" or "None" => new Literal(null),
        _ => new NameOf(name),
    };

    private Expression ParseBracketed()
    {
        if (tokens.TakeSymbol("["))
        {
            return new ListOf(ParseRest(first: null, "]"));
        }

        if (tokens.TakeSymbol("{"))
        {
            return ParseMap();
        }

        if (!tokens.TakeSymbol("("))
        {
            throw tokens.Fault("an expression is expected");
        }

        if (tokens.TakeSymbol(")"))
        {
            return new ListOf([]);
        }

        var value = ParseTuple();
        tokens.Expect(")");
        return value;
    }

    /// <summary>The items of a list up to <paramref name="ends"/>, or while commas follow.</summary>
    private List<Expression> ParseRest(Expression? first, string? ends)
    {
        var items = new List<Expression>();
        if (first is not null)
        {
            items.Add(first);
            tokens.Expect(",");
        }

        while (ends is null ? tokens.Current.Kind != TokenKind.Close && !tokens.IsSymbol(")") : !tokens.TakeSymbol(ends))
        {
            items.Add(Parse());
            if (ends is not null)
            {
                ExpectCommaOr(ends);
            }
            else if (!tokens.TakeSymbol(","))
            {
                break;
            }
        }

        return items;
    }

    private MapOf ParseMap()
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.TakeSymbol("}"))
        {
            var key = Parse();
            tokens.Expect(":");
            entries.Add((key, Parse()));
            ExpectCommaOr("}");
        }

        return new MapOf(entries);
    }
}
