using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Types of pieces, numbered as in sentencepiece's files and in GGUF.</summary>
internal enum PieceType
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>One piece of a SentencePiece vocabulary, spelled with U+2581 for a space.</summary>
internal readonly record struct Piece(string Text, float Score, PieceType Type);

/// <summary>A SentencePiece tokenizer: its pieces, and how text is normalised before it is cut into them.</summary>
internal sealed record SentencePieceModel : TokenizerModel
{
    public const char Space = '\u2581';

    /// <summary>Where an id without text in the vocabulary stood, as sentencepiece shows it.</summary>
    public const string UnknownSurface = " \u2047 ";

    private readonly bool[] isByte;

    public SentencePieceModel(IReadOnlyList<Piece> pieces)
    {
        Pieces = pieces;
        Tokens = [.. pieces.Select(BytesOf)];
        isByte = [.. pieces.Select(piece => piece.Type == PieceType.Byte)];
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (id, piece) in pieces.Index().Where(piece => piece.Item.Type is PieceType.Control or PieceType.Unknown && piece.Item.Text.Length > 0))
        {
            special.TryAdd(piece.Text, id);
        }

        SpecialTokens = special;
        UnknownId = pieces.Index().FirstOrDefault(piece => piece.Item.Type == PieceType.Unknown, (-1, default)).Index;
    }

    public IReadOnlyList<Piece> Pieces { get; }

    public override IReadOnlyList<byte[]> Tokens { get; init; }

    public override IReadOnlyDictionary<string, int> SpecialTokens { get; init; }

    public override int UnknownId { get; }

    /// <summary>Unigram language model; else BPE.</summary>
    public bool IsUnigram { get; init; }

    /// <summary>A character without a piece becomes the pieces of its bytes; else the unknown piece.</summary>
    public bool ByteFallback { get; init; }

    public bool AddDummyPrefix { get; init; } = true;

    public bool RemoveExtraWhitespaces { get; init; } = true;

    public bool EscapeWhitespaces { get; init; } = true;

    /// <summary>Rules that replace characters, as sentencepiece compiles them; empty: none.</summary>
    public byte[] CharsMap { get; init; } = [];

    public override bool DropsFirstSpace => AddDummyPrefix || RemoveExtraWhitespaces;

    public override bool DropsEveryFirstSpace => RemoveExtraWhitespaces;

    public override bool IsByteFallback(int id) => isByte[id];

    /// <summary>The same rules over other pieces.</summary>
    public SentencePieceModel WithPieces(IReadOnlyList<Piece> pieces) => new(pieces)
    {
        IsUnigram = IsUnigram,
        ByteFallback = ByteFallback,
        AddDummyPrefix = AddDummyPrefix,
        RemoveExtraWhitespaces = RemoveExtraWhitespaces,
        EscapeWhitespaces = EscapeWhitespaces,
        CharsMap = CharsMap,
        BosId = BosId,
        EosId = EosId,
        AddsBos = AddsBos,
        ChatTemplateText = ChatTemplateText,
    };

    public override ITextEncoder CreateEncoder() => new SentencePieceEncoder(this);

    /// <summary>The byte that <c>&lt;0xE4&gt;</c> spells, or null.</summary>
    public static byte? ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
        && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) ? value : null;

    private static byte[] BytesOf(Piece piece) => piece.Type switch
    {
        PieceType.Byte => [ByteOf(piece.Text) ?? 0],
        PieceType.Unknown => Encoding.UTF8.GetBytes(UnknownSurface),
        PieceType.Control => Encoding.UTF8.GetBytes(piece.Text),
        _ => Encoding.UTF8.GetBytes(piece.Text.Replace(Space, ' ')),
    };
}
