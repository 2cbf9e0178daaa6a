using System.Text.Encodings.Web;
using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>Writes what Hugging Face's tokenizers and transformers libraries read.</summary>
internal static class TokenizerJsonWriter
{
    public static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteTokenizer(Utf8JsonWriter writer, BpeModel model)
    {
        writer.WriteStartObject();
        writer.WriteString("version", "1.0");
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        foreach (var (spelling, id) in model.SpecialTokens.OrderBy(token => token.Value))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            WriteAddedToken(writer, spelling);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        WritePreTokenizer(writer, model.Splitter.Pattern);
        writer.WriteNull("post_processor");
        writer.WriteStartObject("decoder");
        WriteByteLevel(writer, useRegex: true);
        writer.WriteEndObject();
        WriteModel(writer, model);
        writer.WriteEndObject();
    }

    public static void WriteConfig(Utf8JsonWriter writer, BpeModel model)
    {
        writer.WriteStartObject();
        writer.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        writer.WriteBoolean("clean_up_tokenization_spaces", false);
        WriteRoles(writer, model);
        writer.WriteStartObject("added_tokens_decoder");
        foreach (var (spelling, id) in model.SpecialTokens.OrderBy(token => token.Value))
        {
            writer.WriteStartObject($"{id}");
            WriteAddedToken(writer, spelling);
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

    public static void WriteSpecialTokensMap(Utf8JsonWriter writer, BpeModel model)
    {
        writer.WriteStartObject();
        WriteRoles(writer, model);
        writer.WriteEndObject();
    }

    private static void WriteRoles(Utf8JsonWriter writer, BpeModel model)
    {
        WriteRole("bos_token", "<s>");
        WriteRole("eos_token", "</s>");
        WriteRole("unk_token", "<unk>");
        WriteRole("pad_token", "</s>");
        writer.WriteStartArray("additional_special_tokens");
        foreach (var (spelling, _) in model.SpecialTokens.OrderBy(token => token.Value).Where(token => token.Key is not ("<s>" or "</s>" or "<unk>")))
        {
            writer.WriteStringValue(spelling);
        }

        writer.WriteEndArray();

        void WriteRole(string role, string spelling)
        {
            if (model.SpecialTokens.ContainsKey(spelling))
            {
                writer.WriteString(role, spelling);
            }
        }
    }

    private static void WriteAddedToken(Utf8JsonWriter writer, string spelling)
    {
        writer.WriteString("content", spelling);
        writer.WriteBoolean("single_word", false);
        writer.WriteBoolean("lstrip", false);
        writer.WriteBoolean("rstrip", false);
        writer.WriteBoolean("normalized", false);
        writer.WriteBoolean("special", true);
    }

    private static void WritePreTokenizer(Utf8JsonWriter writer, string pattern)
    {
        writer.WriteStartObject("pre_tokenizer");
        writer.WriteString("type", "Sequence");
        writer.WriteStartArray("pretokenizers");
        writer.WriteStartObject();
        writer.WriteString("type", "Split");
        writer.WriteStartObject("pattern");
        writer.WriteString("Regex", pattern);
        writer.WriteEndObject();
        writer.WriteString("behavior", "Isolated");
        writer.WriteBoolean("invert", false);
        writer.WriteEndObject();
        writer.WriteStartObject();
        WriteByteLevel(writer, useRegex: false);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter writer, bool useRegex)
    {
        writer.WriteString("type", "ByteLevel");
        writer.WriteBoolean("add_prefix_space", false);
        writer.WriteBoolean("trim_offsets", true);
        writer.WriteBoolean("use_regex", useRegex);
    }

    private static void WriteModel(Utf8JsonWriter writer, BpeModel model)
    {
        var special = model.SpecialTokens.ToDictionary(token => token.Value, token => token.Key);
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteNull("unk_token");
        writer.WriteNull("continuing_subword_prefix");
        writer.WriteNull("end_of_word_suffix");
        writer.WriteBoolean("fuse_unk", false);
        writer.WriteBoolean("byte_fallback", false);
        writer.WriteBoolean("ignore_merges", false);
        writer.WriteStartObject("vocab");
        for (var id = 0; id < model.Tokens.Count; id++)
        {
            writer.WriteNumber(special.TryGetValue(id, out var spelling) ? spelling : ByteAlphabet.Spell(model.Tokens[id]), id);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        foreach (var merge in model.Merges)
        {
            writer.WriteStringValue($"{ByteAlphabet.Spell(model.Tokens[merge.Left])} {ByteAlphabet.Spell(model.Tokens[merge.Right])}");
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
