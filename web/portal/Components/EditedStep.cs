using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Portal.Components;

/// <summary>A step of a recipe while it is edited.</summary>
public sealed class EditedStep(CleaningStep step)
{
    public string Kind { get; } = step.Kind;
    public bool IsOn { get; set; } = true;
    public IReadOnlyList<EditedOption> Options { get; } = step.Options is { ValueKind: JsonValueKind.Object } options
        ? [.. options.EnumerateObject().Select(option => new EditedOption(option.Name, option.Value))]
        : [];

    public CleaningStep ToStep() => new()
    {
        Kind = Kind,
        Options = Options.Count == 0 ? null : JsonSerializer.SerializeToElement(new JsonObject(Options.Select(option => KeyValuePair.Create(option.Name, option.ToJson())))),
    };
}

/// <summary>An option as text, in the form of its default: a number, a switch, a word, or a list with commas.</summary>
public sealed class EditedOption(string name, JsonElement value)
{
    private readonly bool isListOfNumbers = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number);

    public string Name { get; } = name;
    public JsonValueKind Kind { get; } = value.ValueKind;
    public string Text { get; set; } = value.ValueKind == JsonValueKind.Array
        ? string.Join(", ", value.EnumerateArray().Select(item => item.ToString()))
        : value.ToString();

    public bool IsSwitch => Kind is JsonValueKind.True or JsonValueKind.False;

    public bool IsOn
    {
        get => bool.TryParse(Text, out var on) && on;
        set => Text = value ? bool.TrueString : bool.FalseString;
    }

    /// <summary>What is not a number where one belongs goes as it was typed: the service says what it expects.</summary>
    public JsonNode? ToJson() => Kind switch
    {
        JsonValueKind.True or JsonValueKind.False => JsonValue.Create(IsOn),
        JsonValueKind.Number => NumberOrText(Text),
        JsonValueKind.Array => new JsonArray([.. Text.Split([',', '，'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(item => isListOfNumbers ? NumberOrText(item) : JsonValue.Create(item))]),
        _ => JsonValue.Create(Text.Trim()),
    };

    private static JsonValue? NumberOrText(string text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
        : JsonValue.Create(text);
}
