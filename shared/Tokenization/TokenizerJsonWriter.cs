using System.Text.Encodings.Web;
using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>Writes what Hugging Face's tokenizers and transformers libraries read.</summary>
internal static class TokenizerJsonWriter
{
    public static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Utf8JsonWriter writer, BpeModel model)
    {
        writer.WriteStartObject();
        writer.WriteString("version", "1.0");
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        foreach (var (spelling, id) in model.SpecialTokens.Concat(model.UserDefined).OrderBy(token => token.Value))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            WriteAddedToken(writer, spelling, model.SpecialTokens.ContainsKey(spelling));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        WritePreTokenizer(writer, model.Splitter.Patterns);
        writer.WriteNull("post_processor");
        writer.WriteStartObject("decoder");
        WriteByteLevel(writer, useRegex: true);
        writer.WriteEndObject();
        WriteModel(writer, model);
        writer.WriteEndObject();
    }

    public static void WriteAddedToken(Utf8JsonWriter writer, string spelling, bool special)
    {
        writer.WriteString("content", spelling);
        writer.WriteBoolean("single_word", false);
        writer.WriteBoolean("lstrip", false);
        writer.WriteBoolean("rstrip", false);
        writer.WriteBoolean("normalized", false);
        writer.WriteBoolean("special", special);
    }

    private static void WritePreTokenizer(Utf8JsonWriter writer, IReadOnlyList<string> patterns)
    {
        writer.WriteStartObject("pre_tokenizer");
        writer.WriteString("type", "Sequence");
        writer.WriteStartArray("pretokenizers");
        foreach (var pattern in patterns)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "Split");
            writer.WriteStartObject("pattern");
            writer.WriteString("Regex", pattern);
            writer.WriteEndObject();
            writer.WriteString("behavior", "Isolated");
            writer.WriteBoolean("invert", false);
            writer.WriteEndObject();
        }

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
        var special = model.SpecialTokens.Concat(model.UserDefined).ToDictionary(token => token.Value, token => token.Key);
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteNull("unk_token");
        writer.WriteNull("continuing_subword_prefix");
        writer.WriteNull("end_of_word_suffix");
        writer.WriteBoolean("fuse_unk", false);
        writer.WriteBoolean("byte_fallback", false);
        writer.WriteBoolean("ignore_merges", model.IgnoresMerges);
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
