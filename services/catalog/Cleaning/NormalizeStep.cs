using System.Globalization;
using System.Text;

namespace InternPlatform.Catalog.Cleaning;

internal sealed record NormalizeOptions : StepOptions
{
    /// <summary><c>nfc</c> composes accents; <c>nfkc</c> also makes compatible characters one, Chinese punctuation of full width among them; <c>none</c>.</summary>
    public string Form { get; init; } = "nfc";

    /// <summary>Drops control characters, and the marks of no width that stand in texts by accident.</summary>
    public bool ControlCharacters { get; init; } = true;

    /// <summary>One way to end a line.</summary>
    public bool LineEnds { get; init; } = true;

    /// <summary>One space where there are several or odd ones, none at the ends of lines, at most one empty line.</summary>
    public bool WhiteSpace { get; init; } = true;

    public override (string Option, string Reason)? Refusal() => Form is "nfc" or "nfkc" or "none" ? null : ("form", "It is nfc, nfkc or none.");
}

/// <summary>The step <c>normalize</c>: the same text in the same characters. Of a dialogue the contents of messages; a record is left as it is.</summary>
internal static class NormalizeStep
{
    public const string Kind = "normalize";

    public static void Apply(CleaningRow row, NormalizeOptions options)
    {
        if (row.Stored.Text is { } text)
        {
            if (Normalized(text, options) is var clean && clean != text)
            {
                row.Replace(row.Stored with { Text = clean });
            }
        }
        else if (row.Stored.Chat is { } chat && chat.Messages.Any(message => Normalized(message.Content, options) != message.Content))
        {
            row.Replace(row.Stored with { Chat = chat with { Messages = [.. chat.Messages.Select(message => message with { Content = Normalized(message.Content, options) })] } });
        }

        row.DroppedBecause = row.Stored.Record is null && row.Text.Length == 0 ? "no text: nothing but white space or control characters" : null;
    }

    public static string Normalized(string text, NormalizeOptions options)
    {
        var form = options.Form == "nfkc" ? NormalizationForm.FormKC : NormalizationForm.FormC;
        var composed = options.Form == "none" || text.IsNormalized(form) ? text : text.Normalize(form);
        var kept = options.ControlCharacters ? WithoutControls(composed) : composed;
        var lines = options.LineEnds ? WithOneLineEnd(kept) : kept;
        return options.WhiteSpace && NeedsSpacing(lines) ? Spaced(lines) : lines;
    }

    private static string WithoutControls(string text)
    {
        foreach (var c in text)
        {
            if (IsUnwanted(c))
            {
                return string.Concat(text.Where(one => !IsUnwanted(one)));
            }
        }

        return text;
    }

    private static bool IsUnwanted(char c) => c is '\u200B' or '\u2060' or '\uFEFF' or '\u00AD' || (char.IsControl(c) && c is not ('\n' or '\r' or '\t' or '\u0085'));

    private static string WithOneLineEnd(string text) => text.AsSpan().IndexOfAny("\r\u0085\u2028\u2029") < 0
        ? text
        : text.ReplaceLineEndings("\n").Replace('\u0085', '\n').Replace('\u2028', '\n').Replace('\u2029', '\n');

    /// <summary>Most rows are in order already, and are left alone.</summary>
    private static bool NeedsSpacing(string text)
    {
        var before = '\n';
        var lineEnds = 2;
        foreach (var c in text)
        {
            var isSpace = c is ' ' or '\t' || char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator;
            lineEnds = c == '\n' ? lineEnds + 1 : 0;
            if (lineEnds > 2 || (c is not (' ' or '\t' or '\u3000') && isSpace) || (before == ' ' && (isSpace || c == '\n')) || (before == '\t' && c == '\n'))
            {
                return true;
            }

            before = c;
        }

        return before is ' ' or '\t' or '\n' or '\u3000';
    }

    /// <summary>Indentation stays: it is what code and verse are made of.</summary>
    private static string Spaced(string text)
    {
        var clean = new StringBuilder(text.Length);
        var empty = 0;
        foreach (var line in text.Split('\n'))
        {
            var body = line.TrimEnd();
            empty = body.Length == 0 ? empty + 1 : 0;
            if (empty > 1 || (body.Length == 0 && clean.Length == 0))
            {
                continue;
            }

            clean.Append(clean.Length > 0 || empty > 0 ? "\n" : "");
            AppendLine(clean, body);
        }

        return clean.ToString().TrimEnd();
    }

    private static void AppendLine(StringBuilder clean, string line)
    {
        var indented = 0;
        while (indented < line.Length && line[indented] is ' ' or '\t' or '\u3000')
        {
            indented++;
        }

        clean.Append(line, 0, indented);
        var inSpace = false;
        foreach (var c in line.AsSpan(indented))
        {
            var isSpace = c is ' ' || (c is not '\u3000' && char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator);
            if (!isSpace || !inSpace)
            {
                clean.Append(isSpace ? ' ' : c);
            }

            inSpace = isSpace;
        }
    }
}
