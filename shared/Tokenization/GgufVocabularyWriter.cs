namespace InternPlatform.Tokenization;

/// <summary>A tokenizer as the keys under <c>tokenizer.*</c> of a GGUF file, for llama.cpp and for <see cref="GgufVocabulary"/>.</summary>
internal static class GgufVocabularyWriter
{
    private const string Prefix = "tokenizer.ggml.";

    /// <exception cref="NotSupportedException">llama.cpp has no such rule.</exception>
    public static List<(string Key, object Value)> Write(TokenizerModel model, int vocabularySize)
    {
        List<(string Key, object Value)> keys = model switch
        {
            BpeModel bpe => ByteLevel(bpe, vocabularySize),
            SentencePieceModel pieces => SentencePiece(pieces, vocabularySize),
            _ => throw new NotSupportedException($"A tokenizer of the kind {model.GetType().Name} has no place in a GGUF file."),
        };
        keys.Add((Prefix + "add_bos_token", model.AddsBos));
        AddId("bos_token_id", model.BosId);
        AddId("eos_token_id", model.EosId);
        if (model.ChatTemplateText is { } template)
        {
            keys.Add(("tokenizer.chat_template", template));
        }

        return keys;

        void AddId(string key, int? id)
        {
            if (id is { } known)
            {
                keys.Add((Prefix + key, (uint)known));
            }
        }
    }

    private static List<(string Key, object Value)> ByteLevel(BpeModel model, int vocabularySize)
    {
        var rule = PreTokenizers.NameOf(model.Splitter, model.IgnoresMerges)
            ?? throw new NotSupportedException("llama.cpp knows no pre-tokenizer that splits text as this tokenizer does, so other ids would come out there.");
        var special = model.SpecialTokens.ToDictionary(token => token.Value, token => token.Key);
        var userDefined = model.UserDefined.ToDictionary(token => token.Value, token => token.Key);
        var unused = Unused(model, vocabularySize);
        var tokens = model.Tokens.Select((token, id) => special.GetValueOrDefault(id) ?? userDefined.GetValueOrDefault(id) ?? ByteAlphabet.Spell(token))
            .Concat(unused.Select(piece => piece.Text)).ToArray();
        return
        [
            (Prefix + "model", "gpt2"),
            (Prefix + "pre", rule),
            (Prefix + "tokens", tokens),
            (Prefix + "token_type", Enumerable.Range(0, tokens.Length).Select(TypeOf).ToArray()),
            (Prefix + "merges", model.Merges.Select(merge => $"{tokens[merge.Left]} {tokens[merge.Right]}").ToArray()),
        ];

        int TypeOf(int id) => (int)(special.ContainsKey(id) ? PieceType.Control : userDefined.ContainsKey(id) ? PieceType.UserDefined
            : id < model.Tokens.Count ? PieceType.Normal : PieceType.Unused);
    }

    private static List<(string Key, object Value)> SentencePiece(SentencePieceModel model, int vocabularySize)
    {
        if (model.IsUnigram || model.CharsMap.Length > 0)
        {
            throw new NotSupportedException(model.IsUnigram
                ? "A unigram tokenizer has no place in a GGUF file of a decoder: llama.cpp would merge its pieces as BPE."
                : "The tokenizer replaces characters before it cuts text, which llama.cpp does not for this kind, so other ids would come out there.");
        }

        Piece[] pieces = [.. model.Pieces, .. Unused(model, vocabularySize)];
        return
        [
            (Prefix + "model", "llama"),
            (Prefix + "tokens", pieces.Select(piece => piece.Text).ToArray()),
            (Prefix + "scores", pieces.Select(piece => piece.Score).ToArray()),
            (Prefix + "token_type", pieces.Select(piece => (int)piece.Type).ToArray()),
            (Prefix + "unknown_token_id", (uint)model.UnknownId),
            (Prefix + "add_space_prefix", model.AddDummyPrefix),
            (Prefix + "remove_extra_whitespaces", model.RemoveExtraWhitespaces),
        ];
    }

    private static IEnumerable<Piece> Unused(TokenizerModel model, int vocabularySize) =>
        Enumerable.Range(model.Tokens.Count, Math.Max(0, vocabularySize - model.Tokens.Count)).Select(id => new Piece($"[PAD{id}]", -1e4f, PieceType.Unused));
}
