using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// CSV as RFC 4180 has it: the first line names the columns, and each further one becomes an object of them, whole numbers and fractions as numbers. A record
/// with another number of values is counted, listed and kept out. MMLU's files have no names: six columns, the last a letter from A to D.
/// </summary>
internal sealed class CsvRows(DatasetWriter dataset, RecordRows records, string fileName)
{
    private const int MostColumns = 1000;

    public void Read(LineReader lines, Action<long> progress)
    {
        string[]? columns = null;
        var isMmlu = false;
        while (TryReadRecord(lines, out var values, out var line))
        {
            progress(lines.Position);
            if (values is null)
            {
                dataset.Reject(line, "A quoted value is not closed, or something follows its closing quote.");
                continue;
            }

            if (columns is null)
            {
                isMmlu = IsMmlu(values);
                columns = isMmlu ? values : Names(values);
                if (!isMmlu)
                {
                    continue;
                }
            }

            Add(isMmlu, columns, values, line);
        }
    }

    private static bool IsMmlu(string[] values) => values is [_, _, _, _, _, "A" or "B" or "C" or "D"];

    private static string[] Names(string[] values) => values.Length > MostColumns
        ? throw JobProblems.TooManyColumns(values.Length, MostColumns)
        : [.. values.Select((name, at) => (Name: string.IsNullOrWhiteSpace(name) ? $"column{at + 1}" : name.Trim(), At: at))
            .GroupBy(column => column.Name).SelectMany(same => same.Select((column, again) => column with { Name = again == 0 ? column.Name : $"{column.Name}_{column.At + 1}" }))
            .OrderBy(column => column.At).Select(column => column.Name)];

    private void Add(bool isMmlu, string[] columns, string[] values, long line)
    {
        if (values.Length != columns.Length || (isMmlu && !IsMmlu(values)))
        {
            dataset.Reject(line, isMmlu ? "It has not six values of which the last is A, B, C or D." : $"It has {values.Length} values, and there are {columns.Length} columns.");
            return;
        }

        records.Add(JsonSerializer.SerializeToElement(isMmlu ? Mmlu(values) : Named(columns, values)), line);
    }

    private JsonObject Mmlu(string[] values) => new()
    {
        ["question"] = values[0],
        ["subject"] = Subject(fileName),
        ["choices"] = new JsonArray([.. values[1..5].Select(choice => JsonValue.Create(choice))]),
        ["answer"] = values[5],
    };

    /// <summary><c>abstract_algebra_test.csv</c> asks about abstract_algebra.</summary>
    private static string Subject(string fileName)
    {
        var name = Path.GetFileNameWithoutExtension(fileName);
        return name.LastIndexOf('_') is > 0 and var at && name[(at + 1)..] is "test" or "dev" or "val" ? name[..at] : name;
    }

    private static JsonObject Named(string[] columns, string[] values) => new(columns.Zip(values, (name, value) => KeyValuePair.Create(name, (JsonNode?)Value(value))));

    /// <summary>A number where writing it again gives the same text; <c>007</c> is a text.</summary>
    private static JsonValue? Value(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && whole.ToString(CultureInfo.InvariantCulture) == text)
        {
            return JsonValue.Create(whole);
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number.ToString("R", CultureInfo.InvariantCulture) == text
            && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    /// <summary>The values of the next record; a quoted one may have line ends inside. Null for one that is malformed.</summary>
    private static bool TryReadRecord(LineReader lines, out string[]? values, out long firstLine)
    {
        (values, firstLine) = (null, 0);
        var text = new StringBuilder();
        var wasOpen = false;
        while (lines.TryRead(out var line))
        {
            lines.CheckUtf8(line);
            if (text.Length == 0 && line.IsEmpty)
            {
                continue;
            }

            firstLine = text.Length == 0 ? lines.LineNumber : firstLine;
            text.Append(Encoding.UTF8.GetString(line));
            if (text.Length > ImportJob.LongestLine)
            {
                throw JobProblems.LineTooLong(firstLine, lines.LineOffset, ImportJob.LongestLine);
            }

            // Inside a quoted value only a line with an odd number of quotes can end it: no need to read the whole value again for each line.
            if ((!wasOpen || line.Count((byte)'"') % 2 == 1) && (CsvRecord.TryParse(text.ToString(), out values, out wasOpen) || !wasOpen))
            {
                return true;
            }

            text.Append('\n');
        }

        return text.Length > 0;
    }
}
