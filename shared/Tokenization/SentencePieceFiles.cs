using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>A SentencePiece <c>.model</c>, and what a Hugging Face folder says beside it.</summary>
internal static class SentencePieceFiles
{
    public const string TokenizerModel = "tokenizer.model";

    // The largest published vocabularies take about 5 MB.
    private const long MaxBytes = 64L << 20;

    public static SentencePieceModel Read(string path)
    {
        var length = new FileInfo(path) is { Exists: true } file ? file.Length : throw new InvalidTokenizerException(path, "the file does not exist.");
        if (length > MaxBytes)
        {
            throw new InvalidTokenizerException(path, $"the file has {length} bytes; at most {MaxBytes} are read.");
        }

        var bytes = File.ReadAllBytes(path);
        if (bytes.AsSpan().StartsWith("version https://git-lfs."u8))
        {
            throw new InvalidTokenizerException(path, "the file is a Git LFS pointer, not the file itself. Fetch it with 'git lfs pull'.");
        }

        var model = SentencePieceReader.Read(path, bytes);
        CheckRules(path, model.CharsMap);
        return model;
    }

    /// <summary>
    /// The model with <c>added_tokens_decoder</c> of <c>tokenizer_config.json</c>: an id gets the spelling that dialogues know it by (InternLM2 keeps
    /// its chat marks on unused pieces), and is special where the file says so, so that nobody can type it.
    /// </summary>
    public static SentencePieceModel WithAddedTokens(SentencePieceModel model, string path, JsonElement config)
    {
        if (!config.TryGetProperty("added_tokens_decoder", out var added) || added.ValueKind != JsonValueKind.Object)
        {
            return model;
        }

        var pieces = model.Pieces.ToList();
        foreach (var token in added.EnumerateObject().OrderBy(token => int.TryParse(token.Name, out var id) ? id : int.MaxValue))
        {
            Apply(pieces, path, token);
        }

        SentencePieceRules.Check(path, pieces, model.ByteFallback, model.IsUnigram);
        return model.WithPieces(pieces);
    }

    private static void Apply(List<Piece> pieces, string path, JsonProperty token)
    {
        if (!int.TryParse(token.Name, out var id) || id < 0 || id > pieces.Count || token.Value.ValueKind != JsonValueKind.Object
            || !token.Value.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String
            || content.GetString() is not { Length: > 0 } text)
        {
            throw new InvalidTokenizerException(path, $"the added token '{token.Name}' has no text, or its id does not follow on the {pieces.Count} pieces.");
        }

        var isSpecial = token.Value.TryGetProperty("special", out var special) && special.ValueKind == JsonValueKind.True;
        var piece = new Piece(text, 0, isSpecial ? PieceType.Control : PieceType.UserDefined);
        if (id == pieces.Count)
        {
            pieces.Add(piece);
        }
        else if (pieces[id].Type != PieceType.Unknown)
        {
            pieces[id] = piece;
        }
    }

    private static void CheckRules(string path, byte[] charsMap)
    {
        try
        {
            CharsMap.Read(charsMap);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidTokenizerException(path, e.Message, e);
        }
    }
}
