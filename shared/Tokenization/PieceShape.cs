using System.Globalization;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Which spellings may be one piece: no space but in front (or nothing but spaces), one writing system, not too long.</summary>
internal sealed class PieceShape(SentencePieceTrainingOptions options)
{
    private static readonly Rune Space = new(SentencePieceModel.Space);

    /// <summary>What numbers, punctuation and symbols have in common: they are no letters.</summary>
    private const int NoLetters = 0;

    /// <summary>A spelling that is no piece begins no longer one either, unless it is all spaces.</summary>
    public bool IsPiece(string spelling)
    {
        if (spelling.AsSpan().IndexOfAnyExcept(SentencePieceModel.Space) < 0)
        {
            return spelling.Length <= options.MaxPieceCharacters;
        }

        var (length, system) = (0, -1);
        foreach (var rune in spelling.EnumerateRunes())
        {
            length++;
            if (rune == Space ? length > 1 : Breaks(rune, spelling, ref system))
            {
                return false;
            }
        }

        return length <= options.MaxPieceCharacters;
    }

    private bool Breaks(Rune rune, string spelling, ref int system)
    {
        if (options.SplitDigits && Rune.IsDigit(rune) && spelling.Length > rune.Utf16SequenceLength)
        {
            return true;
        }

        // Accents that combine belong to whatever is before them.
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
        {
            return false;
        }

        var own = WritingSystemOf(rune);
        var differs = system >= 0 && system != own;
        system = own;
        return differs;
    }

    /// <summary>
    /// A number for the script of a letter. .NET has no script property: blocks stand for it, the split ones (Latin, Greek, Cyrillic, Arabic) joined, and
    /// kana counted with Han, as sentencepiece does. Most other scripts fill aligned blocks of 128.
    /// </summary>
    private static int WritingSystemOf(Rune rune) => !Rune.IsLetter(rune) ? NoLetters : rune.Value switch
    {
        < 0x2B0 or (>= 0x1E00 and < 0x1F00) or (>= 0x2C60 and < 0x2C80) or (>= 0xA720 and < 0xA800) or (>= 0xFB00 and < 0xFB07) or (>= 0xFF21 and < 0xFF5B) => 1,
        (>= 0x370 and < 0x400) or (>= 0x1F00 and < 0x2000) => 2,
        (>= 0x400 and < 0x530) or (>= 0x1C80 and < 0x1C90) or (>= 0xA640 and < 0xA6A0) => 3,
        (>= 0x600 and < 0x780) or (>= 0x8A0 and < 0x900) or (>= 0xFB50 and < 0xFE00) or (>= 0xFE70 and < 0xFF00) => 4,
        (>= 0x3000 and < 0x3100) or (>= 0x3400 and < 0xA000) or (>= 0xF900 and < 0xFB00) or (>= 0xFF66 and < 0xFFA0) or (>= 0x20000 and < 0x40000) => 5,
        (>= 0x1100 and < 0x1200) or (>= 0x3130 and < 0x3190) or (>= 0xAC00 and < 0xD7B0) => 6,
        var other => 7 + (other >> 7),
    };
}
