using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Where in the original text (UTF-16) each byte of the normalised text came from.</summary>
internal sealed class SourceMap
{
    // Of each UTF-8 byte of the original: the character it belongs to.
    private readonly List<TokenSpan> characters = [];
    private readonly List<TokenSpan> sources = [];

    public SourceMap(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length;)
        {
            // A lone surrogate is one U+FFFD, which has three bytes.
            Rune.DecodeFromUtf16(text[at..], out var rune, out var width);
            for (var i = 0; i < rune.Utf8SequenceLength; i++)
            {
                characters.Add(new TokenSpan(at, at + width));
            }

            at += width;
        }
    }

    /// <summary>The next normalised byte stands for the original's bytes from start to end; for nothing where they are equal.</summary>
    public void Add(int startByte, int endByte)
    {
        var start = startByte < characters.Count ? characters[startByte].Start : 0;
        sources.Add(new TokenSpan(start, endByte > startByte ? characters[endByte - 1].End : start));
    }

    /// <summary>The normalised text is the original's bytes.</summary>
    public void AddAll() => sources.AddRange(characters);

    public void Truncate(int count) => sources.RemoveRange(count, sources.Count - count);

    /// <summary>Spans of ids that stand for the normalised bytes one after another.</summary>
    public IEnumerable<TokenSpan> Spans(IEnumerable<int> lengths, int offset)
    {
        var at = 0;
        foreach (var length in lengths)
        {
            yield return new TokenSpan(offset + sources[at].Start, offset + sources[at + length - 1].End);
            at += length;
        }
    }
}
