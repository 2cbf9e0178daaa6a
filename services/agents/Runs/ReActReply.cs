using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace InternPlatform.Agents.Runs;

/// <summary>
/// A reply in ReAct's form, read tolerantly: labels in any case, with markdown around them or full-width colons, JSON in a code fence or with words after
/// it, an input without quotes where the tool takes one text. What a model makes up after its action is cut off.
/// </summary>
internal sealed partial record ReActReply(string Thought, string? Action, string? Input, string? FinalAnswer)
{
    public static ReActReply Parse(string text)
    {
        var marks = Label().Matches(text).Select(match => (Name: Normal(match.Groups["label"].Value), match.Index, End: match.Index + match.Length)).ToList();
        string Part(int i) => text[marks[i].End..(i + 1 < marks.Count ? marks[i + 1].Index : text.Length)].Trim();

        var act = marks.FindIndex(mark => mark.Name is "action" or "finalanswer");
        var before = act < 0 ? text : text[..marks[act].Index];
        var thought = Label().Replace(before, "").Trim();
        if (act < 0)
        {
            return new(thought, null, null, null);
        }

        if (marks[act].Name == "finalanswer")
        {
            var end = marks.FindIndex(act + 1, mark => mark.Name is "action" or "observation");
            return new(thought, null, null, text[marks[act].End..(end < 0 ? text.Length : marks[end].Index)].Trim());
        }

        var (name, inline) = SplitInline(Part(act));
        var hasInput = act + 1 < marks.Count && marks[act + 1].Name == "actioninput";
        return new(thought, name, hasInput ? Part(act + 1) : inline, null);
    }

    /// <summary>The input as the arguments of a tool with this schema; the text itself where it is none.</summary>
    public static string Arguments(string? input, JsonElement? schema)
    {
        var text = Fence().Replace(input ?? "", "").Trim();
        if (text.StartsWith('{'))
        {
            return FirstValue(text) ?? text;
        }

        if (schema is { } known && known.GetProperty("properties").EnumerateObject().ToList() is [{ } only] && only.Value.TryGetProperty("type", out var type) && type.ValueEquals("string"))
        {
            return new JsonObject { [only.Name] = text.Trim('"') }.ToJsonString();
        }

        return text.Length == 0 ? "{}" : text;
    }

    /// <summary><c>calculator {"a": 1}</c>, <c>calculator[…]</c>, <c>calculator({…})</c>: name and input in one line.</summary>
    private static (string Name, string? Input) SplitInline(string action)
    {
        var text = action.Trim('`', '*', ' ');
        var at = text.AsSpan().IndexOfAny("([{\n");
        if (at < 0)
        {
            return (text.TrimEnd('.'), null);
        }

        var rest = text[at..].Trim();
        var input = rest is ['(', .., ')'] or ['[', .., ']'] ? rest[1..^1] : rest;
        return (text[..at].Trim('`', '*', ' ', ':'), input);
    }

    /// <summary>The JSON value that the text begins with, whatever comes after it.</summary>
    private static string? FirstValue(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, isFinalBlock: true, default);
        try
        {
            return reader.Read() && reader.TrySkip() ? Encoding.UTF8.GetString(bytes, 0, (int)reader.BytesConsumed) : null;
        }
        catch (JsonException)
        {
            // No JSON: the caller says so, with the text.
            return null;
        }
    }

    private static string Normal(string label) => label.Replace(" ", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    [GeneratedRegex(@"^[ \t]*[*_#>`-]*[ \t]*(?<label>thought|action[ _]?input|action|observation|final[ _]?answer)[*_`]*[ \t]*[:：][*_`]*", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex(@"```[a-zA-Z]*")]
    private static partial Regex Fence();
}
