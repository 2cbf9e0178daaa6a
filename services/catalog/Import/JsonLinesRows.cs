using System.Text.Json;
using System.Text.Unicode;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>JSON lines: one value a line. A broken line is counted, listed and kept out; the others stay.</summary>
internal sealed class JsonLinesRows(DatasetWriter dataset, RecordRows records)
{
    public void Read(LineReader lines, Action<long> progress)
    {
        while (lines.TryRead(out var line))
        {
            if (line.IndexOfAnyExcept(" \t"u8) >= 0)
            {
                Add(line, lines);
            }

            progress(lines.Position);
        }
    }

    private void Add(ReadOnlySpan<byte> line, LineReader lines)
    {
        if (!Utf8.IsValid(line))
        {
            dataset.Reject(lines.LineNumber, $"It is not UTF-8 at byte {lines.LineOffset + Utf8Check.FirstInvalidByte(line)} of the file.");
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            using var value = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                dataset.Reject(lines.LineNumber, "It holds more than one JSON value.");
                return;
            }

            records.Add(value.RootElement, lines.LineNumber);
        }
        catch (JsonException e)
        {
            dataset.Reject(lines.LineNumber, $"It is not valid JSON{Column(e)}.");
        }
    }

    private static string Column(JsonException e) => e.BytePositionInLine is { } position ? $" (byte {position + 1} of the line)" : "";
}
