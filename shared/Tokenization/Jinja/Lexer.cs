using System.Globalization;
using System.Text;

namespace InternPlatform.Tokenization.Jinja;

internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,

    /// <summary><c>{{</c></summary>
    Output,

    /// <summary><c>{%</c></summary>
    Tag,

    /// <summary><c>}}</c> or <c>%}</c></summary>
    Close,
    Name,
    Text,
    Integer,
    Float,
    Symbol,
    End,
}

/// <summary>A piece of a template.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line);

/// <summary>
/// Cuts a template into tokens, with white space as Hugging Face's environment sets it: <c>trim_blocks</c> (the line end after a tag goes) and
/// <c>lstrip_blocks</c> (so do blanks before a tag that begins its line).
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Symbols =
        ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"];

    private readonly string source;
    private readonly List<Token> tokens = [];
    private int at;
    private int line = 1;

    private Lexer(string source) => this.source = source;

    public static List<Token> Read(string template)
    {
        var source = template.ReplaceLineEndings("\n");
        return new Lexer(source.EndsWith('\n') ? source[..^1] : source).Read();
    }

    private List<Token> Read()
    {
        var trim = false;
        var trimLine = false;
        while (at < source.Length)
        {
            var tag = NextTag();
            AddData(tag, trim, trimLine);
            (trim, trimLine) = tag == source.Length ? (false, false) : source[tag + 1] == '#' ? SkipComment(tag) : ReadTag(tag);
        }

        Add(TokenKind.End, "");
        return tokens;
    }

    private int NextTag()
    {
        var tag = at;
        while ((tag = source.IndexOf('{', tag)) >= 0 && (tag + 1 == source.Length || source[tag + 1] is not ('{' or '%' or '#')))
        {
            tag++;
        }

        return tag < 0 ? source.Length : tag;
    }

    private void AddData(int tag, bool trim, bool trimLine)
    {
        var data = source[at..tag];
        line += data.Count(character => character == '\n');
        if (trim)
        {
            data = data.TrimStart();
        }
        else if (trimLine && data.StartsWith('\n'))
        {
            data = data[1..];
        }

        var sign = tag + 2 < source.Length ? source[tag + 2] : ' ';
        if (tag < source.Length && sign == '-')
        {
            data = data.TrimEnd();
        }
        else if (tag < source.Length && source[tag + 1] != '{' && sign != '+' && BeginsLine(tag))
        {
            data = data.TrimEnd(' ', '\t');
        }

        if (data.Length > 0)
        {
            Add(TokenKind.Data, data);
        }

        at = tag;
    }

    private bool BeginsLine(int tag)
    {
        while (tag > 0 && source[tag - 1] is ' ' or '\t')
        {
            tag--;
        }

        return tag == 0 || source[tag - 1] == '\n';
    }

    private (bool Trim, bool TrimLine) SkipComment(int tag)
    {
        var end = source.IndexOf("#}", tag + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Fault("a comment does not end");
        }

        line += source[tag..end].Count(character => character == '\n');
        at = end + 2;
        return (source[end - 1] == '-', TrimLine: true);
    }

    private (bool Trim, bool TrimLine) ReadTag(int tag)
    {
        var isOutput = source[tag + 1] == '{';
        Add(isOutput ? TokenKind.Output : TokenKind.Tag, "");
        at = tag + 2 + (tag + 2 < source.Length && source[tag + 2] is '-' or '+' ? 1 : 0);
        var close = isOutput ? "}}" : "%}";
        var depth = 0;
        while (true)
        {
            SkipSpace();
            var sign = at < source.Length && source[at] is '-' or '+' ? 1 : 0;
            if (depth == 0 && string.CompareOrdinal(source, at + sign, close, 0, 2) == 0)
            {
                var (trim, keep) = (sign == 1 && source[at] == '-', sign == 1 && source[at] == '+');
                Add(TokenKind.Close, "");
                at += sign + 2;
                return (trim, !isOutput && !keep);
            }

            ReadToken();
            depth += tokens[^1] switch
            {
                { Kind: TokenKind.Symbol, Text: "(" or "[" or "{" } => 1,
                { Kind: TokenKind.Symbol, Text: ")" or "]" or "}" } => -1,
                _ => 0,
            };
        }
    }

    private void SkipSpace()
    {
        for (; at < source.Length && char.IsWhiteSpace(source[at]); at++)
        {
            line += source[at] == '\n' ? 1 : 0;
        }
    }

    private void ReadToken()
    {
        if (at == source.Length)
        {
            throw Fault("a tag does not end");
        }

        var character = source[at];
        if (character is '\'' or '"')
        {
            ReadText(character);
        }
        else if (char.IsAsciiDigit(character))
        {
            ReadNumber();
        }
        else if (char.IsLetter(character) || character == '_')
        {
            Add(TokenKind.Name, Take(next => char.IsLetterOrDigit(next) || next == '_'));
        }
        else
        {
            var symbol = Array.Find(Symbols, symbol => string.CompareOrdinal(source, at, symbol, 0, symbol.Length) == 0)
                ?? throw Fault($"'{character}' is not understood");
            Add(TokenKind.Symbol, symbol);
            at += symbol.Length;
        }
    }

    private void ReadNumber()
    {
        var digits = Take(next => char.IsAsciiDigit(next) || next == '_');
        if (at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            at++;
            Add(TokenKind.Float, digits + "." + Take(char.IsAsciiDigit));
            return;
        }

        Add(TokenKind.Integer, digits.Replace("_", "", StringComparison.Ordinal));
    }

    private string Take(Func<char, bool> belongs)
    {
        var start = at;
        while (at < source.Length && belongs(source[at]))
        {
            at++;
        }

        return source[start..at];
    }

    private void ReadText(char quote)
    {
        var text = new StringBuilder();
        for (at++; at < source.Length && source[at] != quote; at++)
        {
            line += source[at] == '\n' ? 1 : 0;
            if (source[at] == '\\' && at + 1 < source.Length)
            {
                at++;
                text.Append(Unescaped());
            }
            else
            {
                text.Append(source[at]);
            }
        }

        if (at++ >= source.Length)
        {
            throw Fault("a text does not end");
        }

        Add(TokenKind.Text, text.ToString());
    }

    private string Unescaped()
    {
        switch (source[at])
        {
            case 'n':
                return "\n";
            case 't':
                return "\t";
            case 'r':
                return "\r";
            case '\\' or '\'' or '"':
                return source[at].ToString();
            case 'u' when at + 4 < source.Length && ushort.TryParse(source.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, null, out var unit):
                at += 4;
                return ((char)unit).ToString();
            default:
                return "\\" + source[at];
        }
    }

    private void Add(TokenKind kind, string text) => tokens.Add(new Token(kind, text, line));

    private ChatTemplateException Fault(string reason) => new($"Line {line} of the chat template: {reason}.");
}
