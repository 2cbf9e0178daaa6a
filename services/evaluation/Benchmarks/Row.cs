using System.Globalization;
using System.Text.Json;
using InternPlatform.Jobs;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>One record of a data set as a benchmark reads it. What does not fit is refused with benchmark, column, row and what the row has.</summary>
internal sealed class Row(string benchmark, long number, JsonElement record)
{
    private const int MostListed = 30;

    /// <summary>From 0.</summary>
    public long Number { get; } = number;

    /// <summary>Whether the column is there and holds something.</summary>
    public bool Has(string column) => Find(column) is not null;

    /// <summary>Text, or a number as it is written.</summary>
    public string Text(string column) => TextOrNull(column) ?? throw Missing(column);

    public string? TextOrNull(string column) => Find(column) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => Characters(text, column),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        { } other => throw Wrong(column, $"A text is needed, and it is {KindOf(other)}."),
    };

    /// <summary>The first of several names that the row has; the first name is the one that a refusal speaks of.</summary>
    public string Either(params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            if (Has(column))
            {
                return column;
            }
        }

        throw Missing(columns[0]);
    }

    public IReadOnlyList<string> Texts(string column)
    {
        var value = Find(column) ?? throw Missing(column);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? Characters(item, column) : item.GetRawText())]
            : throw Wrong(column, $"A list of texts is needed, and it is {KindOf(value)}.");
    }

    /// <summary>A text, or a list of texts that is not empty.</summary>
    public IReadOnlyList<string> OneOrMore(string column) => Find(column) is { ValueKind: JsonValueKind.Array } list
        ? list.GetArrayLength() > 0 ? Texts(column) : throw Missing(column)
        : [Text(column)];

    public JsonElement Json(string column)
    {
        var value = Find(column) ?? throw Missing(column);
        if (value.ValueKind != JsonValueKind.String)
        {
            return value;
        }

        try
        {
            return JsonElement.Parse(Characters(value, column));
        }
        catch (JsonException)
        {
            throw Wrong(column, "It is not valid JSON.");
        }
    }

    /// <summary>Which of so many choices: a number from 0, a letter from A, or the text of a choice.</summary>
    public int Choice(string column, IReadOnlyList<string> choices)
    {
        var text = Text(column).Trim();
        var found = Find(column)!.Value.ValueKind == JsonValueKind.Number ? -1 : choices.ToList().IndexOf(text);
        if (found < 0 && text.Length == 1 && char.IsAsciiLetter(text[0]))
        {
            found = char.ToUpperInvariant(text[0]) - 'A';
        }
        else if (found < 0 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            found = index;
        }

        return found >= 0 && found < choices.Count
            ? found
            : throw Wrong(column, $"'{(text.Length > 40 ? text[..40] + "…" : text)}' names none of the {choices.Count} choices: give a letter from A, a number from 0, or the choice itself.");
    }

    public JobFailedException Missing(string column) => Wrong(column, "It is missing or empty.");

    public JobFailedException Wrong(string column, string reason) => Problems.WrongColumn(benchmark, column, Number, reason, Columns());

    private JsonElement? Find(string column) =>
        record.TryGetProperty(column, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            && !(value.ValueKind == JsonValueKind.String && value.ValueEquals("")) ? value : null;

    private string Characters(JsonElement text, string column)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(column, "It holds half a surrogate pair, which is not a character.");
        }
    }

    private string Columns()
    {
        var names = record.EnumerateObject().Select(property => property.Name).ToList();
        return names.Count == 0 ? "nothing" : string.Join(", ", names.Take(MostListed)) + (names.Count > MostListed ? ", …" : "");
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "not one",
    };
}
