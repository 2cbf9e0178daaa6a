namespace InternPlatform.Tokenization.Jinja;

/// <summary>A template as statements.</summary>
internal sealed class StatementParser
{
    private readonly TokenReader tokens;
    private readonly ExpressionParser expressions;

    private StatementParser(TokenReader tokens)
    {
        this.tokens = tokens;
        expressions = new ExpressionParser(tokens);
    }

    /// <exception cref="ChatTemplateException">The template cannot be understood: the line, and why.</exception>
    public static Statement Parse(string template)
    {
        var tokens = new TokenReader(Lexer.Read(template));
        var body = new StatementParser(tokens).ParseBlock();
        return tokens.Current.Kind == TokenKind.End ? body : throw tokens.Fault("a statement is expected");
    }

    /// <summary>Statements up to one of the tags <paramref name="ends"/>, whose opening has then been taken.</summary>
    private Block ParseBlock(params string[] ends)
    {
        Values.ThrowIfTooDeep();
        var statements = new List<Statement>();
        while (tokens.Current.Kind != TokenKind.End)
        {
            var token = tokens.Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new Data(token.Text));
                    break;
                case TokenKind.Output:
                    statements.Add(new Output(expressions.ParseTuple()));
                    tokens.ExpectClose();
                    break;
                default:
                    if (tokens.Current.Kind == TokenKind.Name && ends.Contains(tokens.Current.Text))
                    {
                        return new Block(statements);
                    }

                    statements.Add(ParseTag());
                    break;
            }
        }

        return ends.Length == 0 ? new Block(statements) : throw tokens.Fault($"'{ends[^1]}' is expected before the template's end");
    }

    private Statement ParseTag()
    {
        var name = tokens.AnyName();
        switch (name)
        {
            case "set":
                return ParseSet();
            case "if":
                return ParseIf();
            case "for":
                return ParseFor();
            case "macro":
                return ParseMacro();
            case "generation":
                tokens.ExpectClose();
                return ParseBody("endgeneration");
            case "break" or "continue":
                tokens.ExpectClose();
                return new Jump(name == "break" ? Flow.Break : Flow.Continue);
            default:
                throw tokens.Fault($"the statement '{name}' is not known here");
        }
    }

    private Block ParseBody(string end)
    {
        var body = ParseBlock(end);
        tokens.Take();
        tokens.ExpectClose();
        return body;
    }

    private Assignment ParseSet()
    {
        var target = ParseTarget();
        if (tokens.TakeSymbol("="))
        {
            var value = expressions.ParseTuple();
            tokens.ExpectClose();
            return new Assignment(target, value, null);
        }

        tokens.ExpectClose();
        return new Assignment(target, null, ParseBody("endset"));
    }

    private Expression ParseTarget()
    {
        var first = ParseName();
        if (!tokens.IsSymbol(","))
        {
            return first;
        }

        var names = new List<Expression> { first };
        while (tokens.TakeSymbol(","))
        {
            names.Add(ParseName());
        }

        return new ListOf(names);
    }

    private Expression ParseName()
    {
        if (tokens.TakeSymbol("("))
        {
            Values.ThrowIfTooDeep();
            var inner = ParseTarget();
            tokens.Expect(")");
            return inner;
        }

        var name = new NameOf(tokens.AnyName());
        return tokens.TakeSymbol(".") ? new MemberOf(name, tokens.AnyName()) : name;
    }

    private Condition ParseIf()
    {
        var branches = new List<(Expression, Statement)>();
        while (true)
        {
            var condition = expressions.Parse();
            tokens.ExpectClose();
            branches.Add((condition, ParseBlock("elif", "else", "endif")));
            if (!tokens.TakeName("elif"))
            {
                return new Condition(branches, ParseElse("endif"));
            }
        }
    }

    private Block ParseElse(string end)
    {
        if (tokens.TakeName("else"))
        {
            tokens.ExpectClose();
            return ParseBody(end);
        }

        tokens.ExpectName(end);
        tokens.ExpectClose();
        return new Block([]);
    }

    private Loop ParseFor()
    {
        var target = ParseTarget();
        tokens.ExpectName("in");
        var items = expressions.ParseOr();
        var filter = tokens.TakeName("if") ? expressions.Parse() : null;
        tokens.ExpectClose();
        var body = ParseBlock("else", "endfor");
        return new Loop(target, items, filter, body, ParseElse("endfor"));
    }

    private Macro ParseMacro()
    {
        var name = tokens.AnyName();
        var parameters = new List<(string, Expression?)>();
        tokens.Expect("(");
        while (!tokens.TakeSymbol(")"))
        {
            parameters.Add((tokens.AnyName(), tokens.TakeSymbol("=") ? expressions.Parse() : null));
            if (!tokens.IsSymbol(")"))
            {
                tokens.Expect(",");
            }
        }

        tokens.ExpectClose();
        return new Macro(name, parameters, ParseBody("endmacro"));
    }
}
