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

    public static BpeModel Read(string folder)
    {
        var path = Path.Combine(folder, TokenizerJson);
        if (!File.Exists(path))
        {
            throw new InvalidTokenizerException(path, "the file does not exist. A tokenizer folder needs tokenizer.json; other tokenizer files are not read.");
        }

        return ParseFile(path, root => TokenizerJsonReader.Read(path, root)) with { ChatTemplateText = ReadChatTemplate(folder) };
    }

    public static void Write(string folder, BpeModel model)
    {
        Directory.CreateDirectory(folder);
        WriteFile(Path.Combine(folder, SpecialTokensMap), writer => TokenizerJsonWriter.WriteSpecialTokensMap(writer, model));
        WriteFile(Path.Combine(folder, ConfigJson), writer => TokenizerJsonWriter.WriteConfig(writer, model));
        WriteFile(Path.Combine(folder, TokenizerJson), writer => TokenizerJsonWriter.WriteTokenizer(writer, model));
    }

    private static string? ReadChatTemplate(string folder)
    {
        var own = Path.Combine(folder, ChatTemplateJinja);
        if (File.Exists(own))
        {
            return File.ReadAllText(own);
        }

        var config = Path.Combine(folder, ConfigJson);
        return !File.Exists(config) ? null : ParseFile(config, root =>
            root.ValueKind == JsonValueKind.Object && root.TryGetProperty("chat_template", out var template) && template.ValueKind == JsonValueKind.String
                ? template.GetString()
                : null);
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

    private static void WriteFile(string path, Action<Utf8JsonWriter> write)
    {
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            using (var writer = new Utf8JsonWriter(stream, TokenizerJsonWriter.Options))
            {
                write(writer);
            }

            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
