using System.Text;
using System.Text.Json;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>What of a row is read: the text; of a dialogue, what was said and which tools were called, a line each; of a record, its strings.</summary>
internal static class PlainText
{
    public static string Of(StoredRow row)
    {
        if (row.Text is not null)
        {
            return row.Text;
        }

        var joined = new StringBuilder();
        if (row.Chat is { } chat)
        {
            foreach (var part in chat.Messages.SelectMany(message => (message.ToolCalls ?? []).Select(call => call.ArgumentsJson).Prepend(message.Content)))
            {
                Append(joined, part);
            }
        }
        else
        {
            AppendStrings(joined, row.Record!.Value);
        }

        return joined.ToString();
    }

    private static void AppendStrings(StringBuilder joined, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                Append(joined, value.GetString()!);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    AppendStrings(joined, member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    AppendStrings(joined, item);
                }

                break;
        }
    }

    private static void Append(StringBuilder joined, string part)
    {
        if (part.Length > 0)
        {
            joined.Append(joined.Length > 0 ? "\n" : "").Append(part);
        }
    }
}
