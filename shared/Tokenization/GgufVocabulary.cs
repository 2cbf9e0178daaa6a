namespace InternPlatform.Tokenization;

/// <summary>The vocabulary in a GGUF file's metadata, under <c>tokenizer.*</c>. Ids are those of llama.cpp.</summary>
internal sealed class GgufVocabulary(IReadOnlyDictionary<string, object> metadata)
{
    private const string Prefix = "tokenizer.ggml.";

    /// <exception cref="InvalidTokenizerException">A key is missing, has another type, or names what is not done here.</exception>
    public TokenizerModel Read()
    {
        var kind = Need<string>("model");
        TokenizerModel model = kind switch
        {
            "gpt2" => ReadByteLevel(),
            "llama" => ReadSentencePiece(),
            _ => throw Invalid("model", $"it is '{kind}'; 'gpt2' and 'llama' are read"),
        };
        return model with
        {
            BosId = Id("bos_token_id"),
            EosId = Id("eos_token_id"),
            AddsBos = Optional("add_bos_token", kind == "llama"),
            ChatTemplateText = metadata.TryGetValue("tokenizer.chat_template", out var template) ? template as string : null,
        };
    }

    private BpeModel ReadByteLevel()
    {
        var tokens = Need<string[]>("tokens");
        var types = Types(tokens.Length);
        var name = Optional("pre", "default");
        var rule = PreTokenizers.Find(name) ?? throw Invalid("pre", $"the pre-tokenizer '{name}' is not known. Known: {string.Join(", ", PreTokenizers.Names)}");
        return ByteLevelVocabulary.Build(
            Prefix + "tokens", tokens, Need<string[]>("merges"), id => types[id] is PieceType.Control or PieceType.Unknown, id => types[id] == PieceType.UserDefined) with
        {
            Splitter = rule.Splitter,
            IgnoresMerges = rule.IgnoresMerges,
        };
    }

    private SentencePieceModel ReadSentencePiece()
    {
        var tokens = Need<string[]>("tokens");
        var types = Types(tokens.Length);
        var scores = Need<float[]>("scores");
        if (scores.Length != tokens.Length)
        {
            throw Invalid("scores", $"there are {scores.Length} for {tokens.Length} tokens");
        }

        // Files exist in which the unknown token is typed as control, and in which others are typed as unknown.
        types = Array.ConvertAll(types, type => type == PieceType.Unknown ? PieceType.Control : type);
        types[Id("unknown_token_id") ?? 0] = PieceType.Unknown;
        var pieces = tokens.Select((text, id) => new Piece(text, scores[id], types[id])).ToArray();
        var byteFallback = pieces.Any(piece => piece.Type == PieceType.Byte);
        SentencePieceRules.Check(Prefix + "tokens", pieces, byteFallback, isUnigram: false);
        return new SentencePieceModel(pieces)
        {
            ByteFallback = byteFallback,
            AddDummyPrefix = Optional("add_space_prefix", true),
            RemoveExtraWhitespaces = Optional("remove_extra_whitespaces", false),
        };
    }

    private PieceType[] Types(int count)
    {
        var types = metadata.ContainsKey(Prefix + "token_type") ? Need<int[]>("token_type") : Enumerable.Repeat((int)PieceType.Normal, count).ToArray();
        if (types.Length != count)
        {
            throw Invalid("token_type", $"there are {types.Length} for {count} tokens");
        }

        // llama.cpp's encoder knows no unused tokens.
        var result = types.Select(type => (PieceType)type == PieceType.Unused ? PieceType.Normal : (PieceType)type).ToArray();
        foreach (var id in new[] { Id("bos_token_id"), Id("eos_token_id") }.OfType<int>())
        {
            // What begins or ends a text is never typed by a user.
            result[id] = PieceType.Control;
        }

        return result;
    }

    private int? Id(string key)
    {
        if (!metadata.TryGetValue(Prefix + key, out var value))
        {
            return null;
        }

        var count = Need<string[]>("tokens").Length;
        return value is byte or sbyte or short or ushort or int or uint or long && Convert.ToInt64(value, null) is >= 0 and var id && id < count
            ? (int)id
            : throw Invalid(key, $"it is {value}; tokens have ids 0 to {count - 1}");
    }

    private T Need<T>(string key) => metadata.TryGetValue(Prefix + key, out var value)
        ? value is T typed ? typed : throw Invalid(key, $"it has the type {value.GetType().Name}, not {typeof(T).Name}")
        : throw Invalid(key, "it is missing");

    private T Optional<T>(string key, T otherwise) => metadata.ContainsKey(Prefix + key) ? Need<T>(key) : otherwise;

    private static InvalidTokenizerException Invalid(string key, string reason) => new(Prefix + key, $"{reason}.");
}
