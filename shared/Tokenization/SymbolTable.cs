using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// What BPE merges: pieces, by their id, and the characters that occur in pieces but are none themselves, numbered after the pieces.
/// </summary>
internal sealed class SymbolTable
{
    public const int None = -1;

    private const int FilterBits = 24;

    private readonly SentencePieceModel model;
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly List<byte[]> characters = [];
    private readonly int[] byCharacter = new int[char.MaxValue + 1];
    private readonly Dictionary<int, int> byLaterRune = [];

    // One bit for each pair of neighbours in a piece, by a hash: a pair that shares its bit with another only makes a part longer.
    private readonly ulong[] neighbours = new ulong[1 << (FilterBits - 6)];

    public SymbolTable(SentencePieceModel model)
    {
        this.model = model;
        Array.Fill(byCharacter, None);
        foreach (var (id, piece) in Normal())
        {
            ids[piece.Text] = id;
        }

        foreach (var (_, piece) in Normal())
        {
            var before = None;
            foreach (var rune in piece.Text.EnumerateRunes())
            {
                var symbol = SymbolOf(rune);
                if (before != None)
                {
                    neighbours[Hash(before, symbol) >> 6] |= 1UL << (int)Hash(before, symbol);
                }

                before = symbol;
            }
        }
    }

    /// <summary>The symbol of the character that <paramref name="text"/> begins with, or <see cref="None"/>, and the character's length.</summary>
    public int At(ReadOnlySpan<byte> text, out int width)
    {
        if (text[0] < 0x80)
        {
            width = 1;
            return byCharacter[text[0]];
        }

        Rune.DecodeFromUtf8(text, out var rune, out width);
        return Known(rune);
    }

    /// <summary>False where no piece has these two side by side.</summary>
    public bool MayJoin(int left, int right) => (neighbours[Hash(left, right) >> 6] >> (int)Hash(left, right) & 1) != 0;

    /// <summary>UTF-8 of a character that is no piece; null for a piece.</summary>
    public byte[]? CharacterOf(int symbol) => symbol < model.Pieces.Count ? null : characters[symbol - model.Pieces.Count];

    /// <summary>Every pair of symbols that together are a piece; pieces of equal score have equal ranks.</summary>
    public PairTable Merges()
    {
        var table = new PairTable(model.Pieces.Count * 2);
        var scores = Normal().Select(piece => piece.Piece.Score).Distinct().OrderDescending().Index().ToDictionary(score => score.Item, score => score.Index);
        var bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (id, piece) in Normal())
        {
            var text = piece.Text.AsSpan();
            for (var at = 1; at < text.Length; at++)
            {
                if (!char.IsLowSurrogate(text[at]) && bySpan.TryGetValue(text[..at], out var left) && bySpan.TryGetValue(text[at..], out var right))
                {
                    table.TryAdd(left, right, PairTable.Entry(scores[piece.Score], id));
                }
            }
        }

        return table;
    }

    private static uint Hash(int left, int right) =>
        (uint)(((((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15UL) >> (64 - FilterBits));

    private IEnumerable<(int Id, Piece Piece)> Normal() => model.Pieces.Index().Where(piece => piece.Item.Type == PieceType.Normal);

    private int Known(Rune rune) => rune.IsBmp ? byCharacter[rune.Value] : byLaterRune.GetValueOrDefault(rune.Value, None);

    private int SymbolOf(Rune rune)
    {
        if (Known(rune) is not None and var known)
        {
            return known;
        }

        var text = rune.ToString();
        if (!ids.TryGetValue(text, out var symbol))
        {
            symbol = model.Pieces.Count + characters.Count;
            ids.Add(text, symbol);
            characters.Add(Encoding.UTF8.GetBytes(text));
        }

        if (rune.IsBmp)
        {
            byCharacter[rune.Value] = symbol;
        }
        else
        {
            byLaterRune.Add(rune.Value, symbol);
        }

        return symbol;
    }
}
