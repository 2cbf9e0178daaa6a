using System.Text;

namespace InternPlatform.Catalog.Import;

/// <summary>One record of a CSV file (RFC 4180): values between commas; a quoted value may hold commas, line ends, and quotes written twice.</summary>
internal static class CsvRecord
{
    /// <param name="record">Its text, line ends inside quotes included.</param>
    /// <param name="values">The values, where it is well formed.</param>
    /// <param name="isOpen">A quoted value goes on: the next line belongs to it.</param>
    public static bool TryParse(string record, out string[]? values, out bool isOpen)
    {
        var found = new List<string>();
        (values, isOpen) = (null, false);
        var at = 0;
        while (true)
        {
            if (at < record.Length && record[at] == '"')
            {
                if (!TryQuoted(record, ref at, out var quoted, out isOpen))
                {
                    return false;
                }

                found.Add(quoted);
            }
            else
            {
                var end = record.IndexOf(',', at) is >= 0 and var comma ? comma : record.Length;
                found.Add(record[at..end]);
                at = end;
            }

            if (at == record.Length)
            {
                values = [.. found];
                return true;
            }

            if (record[at++] != ',')
            {
                return false;
            }
        }
    }

    private static bool TryQuoted(string record, ref int at, out string value, out bool isOpen)
    {
        var text = new StringBuilder();
        for (var i = at + 1; i < record.Length; i++)
        {
            if (record[i] != '"')
            {
                text.Append(record[i]);
            }
            else if (i + 1 < record.Length && record[i + 1] == '"')
            {
                text.Append(record[i++]);
            }
            else
            {
                (at, value, isOpen) = (i + 1, text.ToString(), false);
                return true;
            }
        }

        (value, isOpen) = ("", true);
        return false;
    }
}
