namespace InternPlatform.Catalog.Import;

/// <summary>What a text that is not UTF-8 probably is.</summary>
internal static class Utf8Hint
{
    public static string Of(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "The file begins like UTF-16.",
        _ when bytes.Contains((byte)0) => "The file looks binary, or like UTF-16.",
        _ => "The file may be in an older encoding, such as GB18030 or Windows-1252, or cut off inside a character.",
    };
}
