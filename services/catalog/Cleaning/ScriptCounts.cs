using System.Globalization;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>How many characters of which script a text has.</summary>
internal readonly record struct ScriptCounts
{
    public int Characters { get; private init; }

    /// <summary>Letters from a to z, and those with accents.</summary>
    public int Latin { get; private init; }
    public int Accented { get; private init; }
    public int Han { get; private init; }

    /// <summary>Letters of all other scripts, kana and hangul among them.</summary>
    public int OtherLetters { get; private init; }
    public int Digits { get; private init; }

    /// <summary>Neither letters, digits nor white space.</summary>
    public int Symbols { get; private init; }

    public int Letters => Latin + Han + OtherLetters;

    /// <summary>A Chinese character says about as much as two letters: lengths of both languages can be compared by it.</summary>
    public int Width => Characters + Han;

    /// <summary>Whether its words are found by characters and not by spaces.</summary>
    public bool IsChinese => Han > 0 && Han * 2 >= Latin;

    public static ScriptCounts Of(string text)
    {
        int characters = 0, latin = 0, accented = 0, han = 0, other = 0, digits = 0, symbols = 0;
        foreach (var c in text)
        {
            characters++;
            if (char.IsAsciiLetter(c))
            {
                latin++;
            }
            else if (c is >= '\u4E00' and <= '\u9FFF' or >= '\u3400' and <= '\u4DBF' or '\u3007')
            {
                han++;
            }
            else if (char.IsAscii(c))
            {
                digits += char.IsAsciiDigit(c) ? 1 : 0;
                symbols += char.IsAsciiDigit(c) || char.IsWhiteSpace(c) ? 0 : 1;
            }
            else if (c is >= '\u00C0' and <= '\u024F' and not ('\u00D7' or '\u00F7') or >= '\u1E00' and <= '\u1EFF')
            {
                (latin, accented) = (latin + 1, accented + 1);
            }
            else if (char.IsLetter(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark)
            {
                other++;
            }
            else if (char.IsHighSurrogate(c))
            {
                // Counted with the half that follows; rare Han characters stand out there.
            }
            else if (!char.IsWhiteSpace(c))
            {
                symbols++;
            }
        }

        var rare = RareHan(text);
        (han, symbols) = (han + rare, symbols - rare);
        return new ScriptCounts { Characters = characters, Latin = latin, Accented = accented, Han = han, OtherLetters = other, Digits = digits, Symbols = symbols };
    }

    /// <summary>Characters of the supplementary planes; most texts have none.</summary>
    private static int RareHan(string text)
    {
        var found = 0;
        if (text.AsSpan().ContainsAnyInRange('\uD840', '\uD888'))
        {
            foreach (var rune in text.EnumerateRunes())
            {
                found += rune.Value is >= 0x20000 and <= 0x323AF ? 1 : 0;
            }
        }

        return found;
    }
}
