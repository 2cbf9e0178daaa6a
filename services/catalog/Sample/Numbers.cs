namespace InternPlatform.Catalog.Sample;

/// <summary>
/// Numbers that appear in the sample, and those kept out of it: a fifth of all two- to four-digit numbers, by a hash, is in no document,
/// neither as operand nor as result, so that a call with them shows copying and not memory.
/// </summary>
internal static class Numbers
{
    /// <summary>Of two single digits; such sums are in the arithmetic rows and cannot be withheld.</summary>
    private const int LargestSum = 18;

    public static bool IsWithheld(long number) => number is > LargestSum and <= 9999 && Hash.Of((ulong)number, 101) % 5 == 0;

    /// <summary>A number of so many digits that is not withheld.</summary>
    public static int Shown(Draw draw, int digits) => Pick(draw, digits, withheld: false);

    /// <summary>A withheld number of two to four digits.</summary>
    public static int Withheld(Draw draw, int digits) => Pick(draw, digits, withheld: true);

    /// <summary>A number of one to four digits, short ones less often.</summary>
    public static int Shown(Draw draw) => Shown(draw, draw.Chance(.1) ? 1 : 2 + draw.Below(3));

    private static int Pick(Draw draw, int digits, bool withheld)
    {
        var (from, to) = digits switch { 1 => (1, 10), 2 => (10, 100), 3 => (100, 1000), _ => (1000, 10000) };
        while (true)
        {
            var number = from + draw.Below(to - from);
            if (IsWithheld(number) == withheld)
            {
                return number;
            }
        }
    }
}

/// <summary>A fixed mixing function: decides what is held out, the same on every machine and for every seed.</summary>
internal static class Hash
{
    public static ulong Of(ulong value, ulong salt)
    {
        var z = (value + 1) * 0x9E3779B97F4A7C15 ^ salt * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>FNV-1a over the characters, then mixed.</summary>
    public static ulong Of(string text, ulong salt) => Of(text.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211UL), salt);
}
