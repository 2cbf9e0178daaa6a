using System.Globalization;

namespace InternPlatform.Models;

/// <summary>Metadata of a GGUF file, each key read as what it must be or refused by name.</summary>
/// <param name="file">The file.</param>
internal sealed class GgufKeys(GgufFile file)
{
    public int? Integer(string key)
    {
        if (!file.Metadata.TryGetValue(key, out var value))
        {
            return null;
        }

        var number = value switch
        {
            byte or sbyte or ushort or short or uint or int or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong large => (long)Math.Min(large, long.MaxValue),
            _ => throw Invalid($"'{key}' is of type {value.GetType().Name}, not a whole number."),
        };
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Invalid($"'{key}' is {value}, which is too large.");
    }

    public int NeedInteger(string key) => Integer(key) ?? throw Missing(key);

    public double? Number(string key) => file.Metadata.GetValueOrDefault(key) switch
    {
        null => null,

        // A float's shortest decimal digits are what its author wrote: 1e-05, not 9.999999747378752e-06.
        float number => double.Parse(number.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double number => number,
        var other => throw Invalid($"'{key}' is of type {other.GetType().Name}, not a number."),
    };

    public double NeedNumber(string key) => Number(key) ?? throw Missing(key);

    public string? Text(string key) => file.Metadata.GetValueOrDefault(key) switch
    {
        null => null,
        string text => text,
        var other => throw Invalid($"'{key}' is of type {other.GetType().Name}, not a text."),
    };

    public InvalidModelException Missing(string key) => Invalid($"the key '{key}' is missing.");

    public InvalidModelException Invalid(string reason) => new(file.Path, reason);
}
