using System.Text.Json;
using System.Text.Json.Nodes;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// The nested form of SQuAD and XQuAD, <c>{"data": [{"title", "paragraphs": [{"context", "qas": [{"question", "answers", "id"}]}]}]}</c>: a record a question.
/// </summary>
internal static class SquadRecords
{
    public static bool IsSquad(JsonElement value) =>
        value.TryGetProperty("data", out var articles) && articles.ValueKind == JsonValueKind.Array && articles.GetArrayLength() > 0
        && articles[0].ValueKind == JsonValueKind.Object && articles[0].TryGetProperty("paragraphs", out _);

    /// <summary>Null where the value has another form.</summary>
    public static IEnumerable<JsonElement>? Of(JsonElement value) => IsSquad(value)
        ? from article in value.GetProperty("data").EnumerateArray()
          from paragraph in Items(article, "paragraphs")
          from question in Items(paragraph, "qas")
          select Record(article, paragraph, question)
        : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string list) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private static JsonElement Record(JsonElement article, JsonElement paragraph, JsonElement question)
    {
        var record = new JsonObject();
        Copy(article, "title");
        Copy(paragraph, "context");
        foreach (var member in question.EnumerateObject())
        {
            record[member.Name] = Node(member.Value);
        }

        return JsonSerializer.SerializeToElement(record);

        void Copy(JsonElement from, string field)
        {
            if (from.TryGetProperty(field, out var found))
            {
                record[field] = Node(found);
            }
        }
    }

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
