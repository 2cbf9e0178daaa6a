namespace InternPlatform.Tokenization;

/// <summary>
/// GPT-2's one-to-one spelling of bytes as printable characters: <c>tokenizer.json</c> is text, tokens are bytes.
/// Printable Latin-1 bytes stand for themselves, the other 68 are numbered from U+0100 (so a space is "Ġ").
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Spelling = BuildSpelling();
    private static readonly short[] Bytes = BuildBytes();

    public static string Spell(ReadOnlySpan<byte> token)
    {
        return string.Create(token.Length, token, static (characters, bytes) =>
        {
            for (var i = 0; i < characters.Length; i++)
            {
                characters[i] = Spelling[bytes[i]];
            }
        });
    }

    /// <summary>The bytes of a spelled token, or null where a character stands for no byte.</summary>
    public static byte[]? TryRead(string spelled)
    {
        var bytes = new byte[spelled.Length];
        for (var i = 0; i < spelled.Length; i++)
        {
            var value = spelled[i] < Bytes.Length ? Bytes[spelled[i]] : (short)-1;
            if (value < 0)
            {
                return null;
            }

            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static char[] BuildSpelling()
    {
        var spelling = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            spelling[b] = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)b : (char)next++;
        }

        return spelling;
    }

    private static short[] BuildBytes()
    {
        var bytes = new short[Spelling.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
        {
            bytes[Spelling[b]] = (short)b;
        }

        return bytes;
    }
}
