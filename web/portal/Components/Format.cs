using System.Globalization;

namespace InternPlatform.Portal.Components;

/// <summary>Numbers and times as the user's culture writes them.</summary>
public static class Format
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];
    private static readonly (double Size, string Name)[] Magnitudes = [(1e9, "B"), (1e6, "M"), (1e3, "K")];

    public static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("G", CultureInfo.CurrentCulture);

    public static string Number(long value) => value.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>Four significant digits, or a whole number with separators.</summary>
    public static string Figure(double value) => value switch
    {
        _ when !double.IsFinite(value) => value.ToString(CultureInfo.CurrentCulture),
        _ when value == Math.Truncate(value) && Math.Abs(value) < 1e15 => Number((long)value),
        _ when Math.Abs(value) >= 1000 => Number((long)Math.Round(value)),
        _ => value.ToString("G4", CultureInfo.CurrentCulture),
    };

    /// <summary>1.05 M and the like, as people speak of parameters and tokens.</summary>
    public static string Compact(long value)
    {
        foreach (var (size, name) in Magnitudes)
        {
            if (value >= size)
            {
                return string.Create(CultureInfo.CurrentCulture, $"{value / size:0.##} {name}");
            }
        }

        return Number(value);
    }

    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < ByteUnits.Length - 1)
        {
            (value, unit) = (value / 1024, unit + 1);
        }

        return string.Create(CultureInfo.CurrentCulture, $"{value:0.#} {ByteUnits[unit]}");
    }

    /// <summary>4:05, or 1:02:03 from an hour on.</summary>
    public static string Duration(TimeSpan span)
    {
        var whole = TimeSpan.FromSeconds(Math.Max(0, Math.Round(span.TotalSeconds)));
        return whole.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)whole.TotalHours}:{whole.Minutes:00}:{whole.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole.Minutes}:{whole.Seconds:00}");
    }
}
