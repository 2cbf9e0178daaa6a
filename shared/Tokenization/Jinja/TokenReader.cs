namespace InternPlatform.Tokenization.Jinja;

/// <summary>The place in a template's tokens that the parsers share.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private int at;

    public Token Current => tokens[at];

    public Token Next => tokens[Math.Min(at + 1, tokens.Count - 1)];

    /// <summary>Moves on; the last token, which ends the template, stays.</summary>
    public Token Take() => tokens[at < tokens.Count - 1 ? at++ : at];

    public bool IsSymbol(string symbol) => Current.Kind == TokenKind.Symbol && Current.Text == symbol;

    public bool IsName(string name) => Current.Kind == TokenKind.Name && Current.Text == name;

    public bool TakeSymbol(string symbol) => IsSymbol(symbol) && Take() is var _;

    public bool TakeName(string name) => IsName(name) && Take() is var _;

    public void Expect(string symbol)
    {
        if (!TakeSymbol(symbol))
        {
            throw Fault($"'{symbol}' is expected");
        }
    }

    public void ExpectName(string name)
    {
        if (!TakeName(name))
        {
            throw Fault($"'{name}' is expected");
        }
    }

    public string AnyName() => Current.Kind == TokenKind.Name ? Take().Text : throw Fault("a name is expected");

    public void ExpectClose()
    {
        if (Take().Kind != TokenKind.Close)
        {
            throw Fault("the end of a tag is expected");
        }
    }

    public ChatTemplateException Fault(string reason) => new($"Line {Current.Line} of the chat template: {reason}, not '{Current.Text}'.");
}
