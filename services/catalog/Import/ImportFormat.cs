using System.Text.Json;

namespace InternPlatform.Catalog.Import;

/// <summary>The forms a file may have.</summary>
internal static class ImportFormat
{
    public const string Text = "text";
    public const string Markdown = "markdown";
    public const string Json = "json";
    public const string JsonLines = "jsonl";
    public const string Parquet = "parquet";
    public const string Csv = "csv";

    private const int PeekedBytes = 64 << 10;

    public static IReadOnlyList<string> Names { get; } = [Text, Markdown, Json, JsonLines, Parquet, Csv];

    /// <summary>Tells the form by the file's name and first bytes; the position of the stream is its begin again afterwards.</summary>
    public static string Detect(string fileName, Stream file)
    {
        var bytes = new byte[Math.Min(PeekedBytes, file.Length)];
        file.ReadExactly(bytes);
        file.Position = 0;
        return Detect(fileName, bytes);
    }

    private static string Detect(string fileName, ReadOnlySpan<byte> begin)
    {
        RefuseCompressed(begin);
        var ending = Path.GetExtension(fileName).ToUpperInvariant();
        return begin.StartsWith("PAR1"u8) || ending == ".PARQUET" ? Parquet : ending switch
        {
            ".JSONL" or ".NDJSON" => JsonLines,
            ".MD" or ".MARKDOWN" => Markdown,
            ".CSV" => Csv,
            ".TXT" or ".TEXT" => Text,
            _ => Trimmed(begin) switch
            {
                [(byte)'{', ..] when FirstLineIsValue(Trimmed(begin)) => JsonLines,
                [(byte)'{' or (byte)'[', ..] => Json,
                _ => ending == ".JSON" ? Json : Text,
            },
        };
    }

    private static void RefuseCompressed(ReadOnlySpan<byte> begin)
    {
        var how = begin switch
        {
            [0x1F, 0x8B, ..] => "compressed with gzip",
            [(byte)'P', (byte)'K', 3, 4, ..] => "a ZIP archive, or an office document",
            [0x28, 0xB5, 0x2F, 0xFD, ..] => "compressed with zstd",
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => "compressed with xz",
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF",
            _ => null,
        };
        if (how is not null)
        {
            throw JobProblems.Compressed(how);
        }
    }

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> begin) => (begin.StartsWith("\ufeff"u8) ? begin[3..] : begin).TrimStart(" \t\r\n"u8);

    private static bool FirstLineIsValue(ReadOnlySpan<byte> begin)
    {
        var end = begin.IndexOf((byte)'\n');
        if (end < 0)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(begin[..end]);
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
