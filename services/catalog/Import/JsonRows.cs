using System.Text.Json;
using System.Text.Unicode;

namespace InternPlatform.Catalog.Import;

/// <summary>A JSON file: an array, whose elements are read one by one, or one object, which is read as a whole.</summary>
internal sealed class JsonRows(RecordRows records)
{
    public void Read(JsonElementReader elements, Action<long> progress)
    {
        while (elements.TryRead(out var element))
        {
            if (!Utf8.IsValid(element))
            {
                throw JobProblems.NotUtf8(elements.LineNumber, elements.ElementOffset + Utf8Check.FirstInvalidByte(element), Utf8Hint.Of(element));
            }

            Add(element, elements);
            progress(elements.Position);
        }
    }

    private void Add(ReadOnlySpan<byte> element, JsonElementReader elements)
    {
        try
        {
            var reader = new Utf8JsonReader(element);
            using var value = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw JobProblems.InvalidJson($"Element {elements.Count}, which begins at line {elements.LineNumber}, is followed by something else.");
            }

            records.Add(value.RootElement, elements.Count);
        }
        catch (JsonException e)
        {
            throw JobProblems.InvalidJson(
                $"Element {elements.Count}, which begins at line {elements.LineNumber} (byte {elements.ElementOffset}), breaks off or is malformed at its line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
    }
}
