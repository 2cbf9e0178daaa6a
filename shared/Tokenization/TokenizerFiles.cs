using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>The Hugging Face files of a tokenizer in one folder.</summary>
internal static class TokenizerFiles
{
    public const string TokenizerJson = "tokenizer.json";
    public const string ConfigJson = "tokenizer_config.json";
    public const string SpecialTokensMap = "special_tokens_map.json";
    public const string ChatTemplateJinja = "chat_template.jinja";

    // The largest published vocabularies take about 20 MB.
    private const long MaxBytes = 256L << 20;

    public static TokenizerModel Read(string folder)
    {
        var model = ReadModel(folder);
        var config = Path.Combine(folder, ConfigJson);
        if (File.Exists(config))
        {
            model = ParseFile(config, root => root.ValueKind == JsonValueKind.Object ? TokenizerConfig.Apply(model, config, root) : model);
        }

        var template = Path.Combine(folder, ChatTemplateJinja);
        return File.Exists(template) ? model with { ChatTemplateText = File.ReadAllText(template) } : model;
    }

    public static void Write(string folder, TokenizerModel model)
    {
        Directory.CreateDirectory(folder);
        WriteJson(Path.Combine(folder, SpecialTokensMap), writer => TokenizerConfig.WriteSpecialTokensMap(writer, model));
        WriteJson(Path.Combine(folder, ConfigJson), writer => TokenizerConfig.Write(writer, model));
        switch (model)
        {
            case BpeModel bpe:
                WriteJson(Path.Combine(folder, TokenizerJson), writer => TokenizerJsonWriter.Write(writer, bpe));
                break;
            case SentencePieceModel pieces:
                WriteFile(Path.Combine(folder, SentencePieceFiles.TokenizerModel), stream => stream.Write(SentencePieceWriter.Write(pieces)));

                // An older one would be read instead.
                File.Delete(Path.Combine(folder, TokenizerJson));
                break;
        }
    }

    private static TokenizerModel ReadModel(string folder)
    {
        var json = Path.Combine(folder, TokenizerJson);
        var pieces = Path.Combine(folder, SentencePieceFiles.TokenizerModel);
        var vocabulary = Path.Combine(folder, VocabularyFiles.VocabularyJson);
        return File.Exists(json) ? ParseFile(json, root => TokenizerJsonReader.Read(json, root))
            : File.Exists(pieces) ? SentencePieceFiles.Read(pieces)
            : File.Exists(vocabulary) ? ParseFile(vocabulary, root => VocabularyFiles.Read(vocabulary, root))
            : throw new InvalidTokenizerException(json, "the file does not exist, and neither does a tokenizer.model or a vocab.json beside it.");
    }

    private static T ParseFile<T>(string path, Func<JsonElement, T> read)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MaxBytes)
        {
            throw new InvalidTokenizerException(path, $"the file has {stream.Length} bytes; at most {MaxBytes} are read.");
        }

        try
        {
            using var document = JsonDocument.Parse(stream);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidTokenizerException(path, IsLfsPointer(stream)
                ? "the file is a Git LFS pointer, not the file itself. Fetch it with 'git lfs pull'."
                : $"the file is not JSON ({e.Message}).", e);
        }
    }

    private static bool IsLfsPointer(FileStream stream)
    {
        Span<byte> start = stackalloc byte[24];
        stream.Position = 0;
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("version https://git-lfs."u8);
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> write) => WriteFile(path, stream =>
    {
        using var writer = new Utf8JsonWriter(stream, TokenizerJsonWriter.Options);
        write(writer);
    });

    private static void WriteFile(string path, Action<Stream> write)
    {
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
