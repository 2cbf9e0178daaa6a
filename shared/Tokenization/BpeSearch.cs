using System.Buffers;

namespace InternPlatform.Tokenization;

/// <summary>
/// SentencePiece BPE: of all neighbours that together are a piece, those of the highest score are joined first, of equal scores the leftmost.
/// </summary>
/// <remarks>
/// The text is cut wherever two neighbouring characters stand side by side in no piece: no merge can cross such a place, so each part is searched by
/// itself and remembered. That is exact, and it finds short parts where a language writes no spaces.
/// </remarks>
internal sealed class BpeSearch
{
    private readonly PieceTrie userDefined;
    private readonly SymbolTable symbols;
    private readonly WordMerger merger;
    private readonly PieceFallback fallback;
    private readonly WordCache cache = new();

    public BpeSearch(SentencePieceModel model, PieceTrie userDefined)
    {
        this.userDefined = userDefined;
        symbols = new SymbolTable(model);
        merger = new WordMerger(symbols.Merges());
        fallback = new PieceFallback(model);
    }

    public void Encode(ReadOnlySpan<byte> text, IdBuffer ids)
    {
        var start = 0;
        for (var at = userDefined.IsEmpty ? text.Length : 0; at < text.Length;)
        {
            var length = userDefined.LongestMatch(text[at..], out var piece);
            if (length > 0)
            {
                EncodeRun(text[start..at], ids);
                ids.Add(piece);
                start = at + length;
            }

            at += length > 0 ? length : Math.Min(Utf8Shape.WidthOf(text[at]), text.Length - at);
        }

        EncodeRun(text[start..], ids);
    }

    // Cuts text without user-defined pieces.
    private void EncodeRun(ReadOnlySpan<byte> text, IdBuffer ids)
    {
        var (start, before) = (0, SymbolTable.None);
        for (var at = 0; at < text.Length;)
        {
            var symbol = symbols.At(text[at..], out var width);
            if (symbol == SymbolTable.None || (at > start && !symbols.MayJoin(before, symbol)))
            {
                EncodePart(text[start..at], ids);
                start = at;
            }

            at += width;
            if (symbol == SymbolTable.None)
            {
                fallback.Add(text[start..at], ids);
                start = at;
            }

            before = symbol;
        }

        EncodePart(text[start..], ids);
    }

    private void EncodePart(ReadOnlySpan<byte> part, IdBuffer ids)
    {
        if (part.Length is 0 or > WordCache.LongestWord)
        {
            Merge(part, ids);
            return;
        }

        var slot = WordCache.SlotOf(part);
        var known = cache.Find(part, slot);
        if (known is not null)
        {
            ids.Add(known);
            return;
        }

        var before = ids.Count;
        if (Merge(part, ids))
        {
            cache.Add(part, slot, ids.Span[before..].ToArray());
        }
    }

    /// <summary>Adds the pieces of a part; false where a character of it has none, so that what was added depends on what stands before.</summary>
    private bool Merge(ReadOnlySpan<byte> part, IdBuffer ids)
    {
        var rented = part.Length > WordCache.LongestWord ? ArrayPool<int>.Shared.Rent(part.Length) : null;
        var merged = rented ?? stackalloc int[WordCache.LongestWord];
        var count = 0;
        for (var at = 0; at < part.Length; count++)
        {
            merged[count] = symbols.At(part[at..], out var width);
            at += width;
        }

        var isWhole = true;
        foreach (var symbol in merged[..merger.Merge(merged[..count])])
        {
            if (symbols.CharacterOf(symbol) is { } character)
            {
                fallback.Add(character, ids);
                isWhole = false;
            }
            else
            {
                ids.Add(symbol);
            }
        }

        if (rented is not null)
        {
            ArrayPool<int>.Shared.Return(rented);
        }

        return isWhole;
    }
}
