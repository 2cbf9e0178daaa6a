using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Turns ids into text one at a time. Bytes of an unfinished character wait for the rest of it, so the pieces joined
/// are exactly what <see cref="Tokenizer.Decode"/> gives for the whole. Not safe to share between threads.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
    private bool isBeginning = true;

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>The characters that this id completes; empty while a character is unfinished.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string Push(int id) =>
        skipSpecialTokens && tokenizer.IsSpecial(id) ? "" : Convert(tokenizer.TextOf(id, ref isBeginning), flush: false);

    /// <summary>What is left at the end: U+FFFD for an unfinished character, else nothing. The decoder can then be used again.</summary>
    public string Flush()
    {
        isBeginning = true;
        return Convert([], flush: true);
    }

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        var characters = new char[utf8.GetCharCount(bytes, flush)];
        utf8.GetChars(bytes, characters, flush);
        return new string(characters);
    }
}
