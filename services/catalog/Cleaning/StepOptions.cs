using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>Options of a step: what is left out has its default, and each says its range.</summary>
internal abstract record StepOptions
{
    /// <summary>What a range alone cannot say; null: all is well.</summary>
    public virtual (string Option, string Reason)? Refusal() => null;
}

/// <summary>Reads a step's options, and names the one that cannot be used.</summary>
internal static class StepOptionsReader
{
    public static TOptions? TryRead<TOptions>(JsonElement? json, out (string Option, string Reason) refusal)
        where TOptions : StepOptions, new()
    {
        refusal = default;
        if (json is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined })
        {
            return new TOptions();
        }

        var known = typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));
        if (json.Value.ValueKind != JsonValueKind.Object)
        {
            refusal = ("", "Options are an object.");
            return null;
        }

        if (json.Value.EnumerateObject().FirstOrDefault(member => !known.ContainsKey(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            refusal = (unknown.Name, $"The step has no such option. It has: {string.Join(", ", known.Keys)}.");
            return null;
        }

        try
        {
            var options = json.Value.Deserialize<TOptions>(PlatformJson.Options)!;
            var broken = known.Select(option => OutOfRange(option.Key, option.Value, options)).FirstOrDefault(found => found is not null) ?? options.Refusal();
            refusal = broken ?? default;
            return broken is null ? options : null;
        }
        catch (JsonException e)
        {
            refusal = (e.Path?.TrimStart('$', '.') is { Length: > 0 } path ? path : "", "Its value is of another type than the default's.");
            return null;
        }
    }

    private static (string, string)? OutOfRange(string name, PropertyInfo property, StepOptions options) =>
        property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(property.GetValue(options))
            ? (name, string.Create(CultureInfo.InvariantCulture, $"It is from {range.Minimum} to {range.Maximum}."))
            : null;
}
