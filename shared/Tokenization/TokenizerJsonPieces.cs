using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>
/// Reads a <c>tokenizer.json</c> that was made from a SentencePiece BPE (Llama 2, Mistral, InternLM2): BPE that falls back to bytes, with U+2581 for
/// a space. The merges give the pieces their order; between two ways to the same piece it is then sentencepiece that decides, not the file.
/// </summary>
internal sealed class TokenizerJsonPieces(string path, JsonElement root)
{
    private readonly JsonElement model = root.GetProperty("model");

    /// <summary>Whether the file is of this kind.</summary>
    public static bool Fits(JsonElement root) => root.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object
        && model.TryGetProperty("byte_fallback", out var flag) && flag.ValueKind == JsonValueKind.True
        && model.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "BPE";

    public SentencePieceModel Read()
    {
        var prefixes = PutsSpaceFirst();
        var pieces = ReadPieces();
        SentencePieceRules.Check(path, pieces, byteFallback: true, isUnigram: false);
        return new SentencePieceModel(pieces) { ByteFallback = true, AddDummyPrefix = prefixes, RemoveExtraWhitespaces = false };
    }

    private Piece[] ReadPieces()
    {
        var added = root.TryGetProperty("added_tokens", out var tokens) ? tokens.EnumerateArray().ToDictionary(token => Text(token.GetProperty("content")), token => token) : [];
        var ids = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32());
        foreach (var (text, token) in added)
        {
            ids[text] = token.GetProperty("id").GetInt32();
        }

        var unknown = Text(model.GetProperty("unk_token"));
        var ranks = Ranks();
        var pieces = new Piece[ids.Count];
        foreach (var (text, id) in ids)
        {
            if (id < 0 || id >= pieces.Length || pieces[id].Text is not null)
            {
                throw Invalid($"token '{text}' has the id {id}; {pieces.Length} tokens have ids 0 to {pieces.Length - 1}, one each.");
            }

            var type = text == unknown ? PieceType.Unknown : added.TryGetValue(text, out var token) ? TypeOf(token)
                : SentencePieceModel.ByteOf(text) is not null ? PieceType.Byte : PieceType.Normal;
            pieces[id] = new Piece(text, -ranks.GetValueOrDefault(text, ranks.Count), type);
        }

        return pieces;
    }

    private static PieceType TypeOf(JsonElement added) =>
        added.TryGetProperty("special", out var special) && special.ValueKind == JsonValueKind.False ? PieceType.UserDefined : PieceType.Control;

    // A piece's place is that of the first merge that makes it.
    private Dictionary<string, int> Ranks()
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var merge in model.GetProperty("merges").EnumerateArray())
        {
            var parts = merge.ValueKind == JsonValueKind.Array ? merge.EnumerateArray().Select(Text).ToArray() : Text(merge).Split(' ');
            ranks.TryAdd(parts.Length == 2 ? parts[0] + parts[1] : throw Invalid($"the merge {merge.GetRawText()} does not have two parts."), ranks.Count);
        }

        return ranks;
    }

    /// <summary>
    /// Whether a space is put before a text: by the normalizers Prepend and Replace, or by the pre-tokenizer Metaspace. Anything else is refused.
    /// </summary>
    private bool PutsSpaceFirst()
    {
        var steps = Step("normalizer") is { } normalizer
            ? normalizer.GetProperty("type").GetString() == "Sequence" ? normalizer.GetProperty("normalizers").EnumerateArray().ToArray() : [normalizer]
            : [];
        var types = steps.Select(step => step.GetProperty("type").GetString()).ToArray();
        if (Step("pre_tokenizer") is { } words)
        {
            return types.Length == 0 && words.GetProperty("type").GetString() == "Metaspace" && words.TryGetProperty("split", out var split) && split.ValueKind == JsonValueKind.False
                ? words.GetProperty("prepend_scheme").GetString() != "never"
                : throw Invalid("the pre-tokenizer beside byte_fallback must be a Metaspace that does not split.");
        }

        return types is ["Prepend", "Replace"] or ["Replace"]
            ? types.Length == 2
            : throw Invalid($"the normalizer is [{string.Join(", ", types)}]; Prepend and Replace are read.");
    }

    private JsonElement? Step(string name) => root.TryGetProperty(name, out var step) && step.ValueKind == JsonValueKind.Object ? step : null;

    private string Text(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
        ? text
        : throw Invalid($"{value.GetRawText()} is not a text.");

    private InvalidTokenizerException Invalid(string reason) => new(path, reason);
}
