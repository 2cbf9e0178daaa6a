using System.Text.Json;

namespace InternPlatform.Portal.Components;

/// <summary>Reads rows of any shape for showing.</summary>
internal static class RowText
{
    private const int LongestCell = 2000;

    /// <summary>Column of a row that is not an object.</summary>
    public const string Value = "value";

    /// <summary>Names of all members of these rows, in the order they first appear.</summary>
    public static IReadOnlyList<string> Columns(IEnumerable<JsonElement> rows) =>
        [.. rows.Select(Fields).SelectMany(row => row.ValueKind == JsonValueKind.Object ? row.EnumerateObject().Select(member => member.Name) : [Value]).Distinct()];

    public static string Cell(JsonElement row, string column)
    {
        row = Fields(row);
        if (row.ValueKind != JsonValueKind.Object)
        {
            return column == Value ? Text(row) : "";
        }

        return row.TryGetProperty(column, out var member) ? Text(member) : "";
    }

    /// <summary>The messages of a chat row (<c>messages</c> or <c>conversations</c>), or null for other rows.</summary>
    public static IReadOnlyList<(string Role, string Text)>? Messages(JsonElement row)
    {
        row = Fields(row);
        if (row.ValueKind != JsonValueKind.Object
            || !(row.TryGetProperty("messages", out var list) || row.TryGetProperty("conversations", out list))
            || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        return [.. list.EnumerateArray().Select(message => (First(message, "role", "from"), First(message, "content", "value")))];
    }

    /// <summary>A record's fields stand inside it.</summary>
    private static JsonElement Fields(JsonElement row) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty("record", out var record) && record.ValueKind == JsonValueKind.Object ? record : row;

    private static string First(JsonElement message, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out var found))
            {
                return Text(found);
            }
        }

        return "";
    }

    private static string Text(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Null => "",
            _ => value.GetRawText(),
        };
        return text.Length <= LongestCell ? text : text[..LongestCell] + "…";
    }
}
