namespace InternPlatform.Tokenization;

/// <summary>
/// Text before it is cut into pieces, exactly as sentencepiece makes it: characters replaced by the model's rules, spaces trimmed and joined where it
/// says so, a space put in front, and spaces written as U+2581. User-defined pieces stay as they are written.
/// </summary>
internal sealed class SentencePieceNormalizer(SentencePieceModel model, PieceTrie userDefined)
{
    private readonly CharsMap? rules = CharsMap.Read(model.CharsMap);
    private readonly byte[] space = model.EscapeWhitespaces ? [0xE2, 0x96, 0x81] : [(byte)' '];

    public void Normalize(ReadOnlySpan<byte> text, bool isBeginning, PooledList<byte> normalized, SourceMap? sources)
    {
        var at = model.RemoveExtraWhitespaces ? AfterSpaces(text) : 0;
        if (at == text.Length)
        {
            return;
        }

        if (isBeginning && model.AddDummyPrefix)
        {
            Add(space, at, at, normalized, sources);
        }

        var followsSpace = model.RemoveExtraWhitespaces;
        while (at < text.Length)
        {
            var part = NextPart(text[at..], out var width);
            while (followsSpace && part.StartsWith((byte)' '))
            {
                part = part[1..];
            }

            AddEscaped(part, at, at + width, normalized, sources);
            followsSpace = model.RemoveExtraWhitespaces && (part.IsEmpty ? followsSpace : part[^1] == ' ');
            at += width;
        }

        if (model.RemoveExtraWhitespaces)
        {
            Trim(normalized, sources);
        }
    }

    private int AfterSpaces(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length && NextPart(text[at..], out var width) is [(byte)' '])
        {
            at += width;
        }

        return at;
    }

    /// <summary>What the beginning of <paramref name="rest"/> becomes, and how much of it that is.</summary>
    private ReadOnlySpan<byte> NextPart(ReadOnlySpan<byte> rest, out int width)
    {
        width = userDefined.LongestMatch(rest, out _);
        if (width > 0)
        {
            return rest[..width];
        }

        if (rules is not null)
        {
            var target = rules.Replace(rest, out width);
            if (width > 0)
            {
                return target;
            }
        }

        width = Math.Min(Utf8Shape.WidthOf(rest[0]), rest.Length);
        return rest[..width];
    }

    private void AddEscaped(ReadOnlySpan<byte> part, int start, int end, PooledList<byte> normalized, SourceMap? sources)
    {
        for (var i = 0; i < part.Length; i++)
        {
            Add(part[i] == ' ' ? space : part.Slice(i, 1), start, end, normalized, sources);
        }
    }

    private static void Add(ReadOnlySpan<byte> bytes, int start, int end, PooledList<byte> normalized, SourceMap? sources)
    {
        normalized.Add(bytes);
        for (var i = 0; sources is not null && i < bytes.Length; i++)
        {
            sources.Add(start, end);
        }
    }

    private void Trim(PooledList<byte> normalized, SourceMap? sources)
    {
        while (normalized.Span.EndsWith(space))
        {
            normalized.Truncate(normalized.Count - space.Length);
        }

        sources?.Truncate(normalized.Count);
    }
}
