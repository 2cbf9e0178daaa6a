using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary><c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>: roles of tokens, and the chat template.</summary>
internal static class TokenizerConfig
{
    /// <summary>The model with what the file adds to it. A role whose token the vocabulary lacks is left out.</summary>
    public static TokenizerModel Apply(TokenizerModel model, string path, JsonElement config)
    {
        if (model is SentencePieceModel pieces)
        {
            model = SentencePieceFiles.WithAddedTokens(pieces, path, config);
        }

        return model with
        {
            ChatTemplateText = TextOf(config, "chat_template"),
            BosId = RoleOf(model, config, "bos_token") ?? model.BosId,
            EosId = RoleOf(model, config, "eos_token") ?? model.EosId,
            AddsBos = config.TryGetProperty("add_bos_token", out var adds) && adds.ValueKind == JsonValueKind.True,
        };
    }

    public static void Write(Utf8JsonWriter writer, TokenizerModel model)
    {
        writer.WriteStartObject();
        writer.WriteString("tokenizer_class", model is SentencePieceModel ? "LlamaTokenizer" : "PreTrainedTokenizerFast");
        writer.WriteBoolean("clean_up_tokenization_spaces", false);
        if (model.AddsBos || model is SentencePieceModel)
        {
            // LlamaTokenizer adds it where nothing is said.
            writer.WriteBoolean("add_bos_token", model.AddsBos);
        }

        WriteRoles(writer, model);
        writer.WriteStartObject("added_tokens_decoder");
        foreach (var (spelling, id) in model.SpecialTokens.OrderBy(token => token.Value))
        {
            writer.WriteStartObject($"{id}");
            TokenizerJsonWriter.WriteAddedToken(writer, spelling, special: true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        var template = model.ChatTemplateText ?? ChatTemplate.ForSpecialTokens(model.SpecialTokens)?.Jinja;
        if (template is not null)
        {
            writer.WriteString("chat_template", template);
        }

        writer.WriteEndObject();
    }

    public static void WriteSpecialTokensMap(Utf8JsonWriter writer, TokenizerModel model)
    {
        writer.WriteStartObject();
        WriteRoles(writer, model);
        writer.WriteEndObject();
    }

    private static void WriteRoles(Utf8JsonWriter writer, TokenizerModel model)
    {
        var end = SpellingOf(model, model.EosId) ?? "</s>";
        (string Role, string Spelling)[] roles =
            [("bos_token", SpellingOf(model, model.BosId) ?? "<s>"), ("eos_token", end), ("unk_token", "<unk>"), ("pad_token", end)];
        foreach (var (role, spelling) in roles.Where(role => model.SpecialTokens.ContainsKey(role.Spelling)))
        {
            writer.WriteString(role, spelling);
        }

        writer.WriteStartArray("additional_special_tokens");
        foreach (var (spelling, _) in model.SpecialTokens.OrderBy(token => token.Value).Where(token => roles.All(role => role.Spelling != token.Key)))
        {
            writer.WriteStringValue(spelling);
        }

        writer.WriteEndArray();
    }

    private static string? SpellingOf(TokenizerModel model, int? id) =>
        model.SpecialTokens.Where(token => token.Value == id).Select(token => token.Key).FirstOrDefault();

    // A token's role is written as its spelling, or as an object that has it.
    private static int? RoleOf(TokenizerModel model, JsonElement config, string role)
    {
        var spelling = TextOf(config, role)
            ?? (config.TryGetProperty(role, out var token) && token.ValueKind == JsonValueKind.Object ? TextOf(token, "content") : null);
        return spelling is not null && model.SpecialTokens.TryGetValue(spelling, out var id) ? id : null;
    }

    private static string? TextOf(JsonElement config, string key) =>
        config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
