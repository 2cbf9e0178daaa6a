using System.Text.Json;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>What <c>tools</c> and <c>tool_choice</c> come to.</summary>
/// <param name="ListJson">The list that the model is shown; null: none.</param>
/// <param name="Tools">What may be called.</param>
/// <param name="MustCall">A call must come; else the model decides.</param>
internal sealed record ChatTools(string? ListJson, IReadOnlyList<ToolForm> Tools, bool MustCall)
{
    private const int MaxTools = 128;

    public static ChatTools Read(ChatRequest request)
    {
        var tools = Declared(request.Tools);
        var choice = request.ToolChoice is { ValueKind: not JsonValueKind.Null } given ? given : (JsonElement?)null;
        if (choice is not { } named)
        {
            return new(tools.Count > 0 ? request.Tools!.Value.GetRawText() : null, tools, MustCall: false);
        }

        var mode = named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        if (mode is "none" || (mode is "auto" && tools.Count == 0))
        {
            return new(null, [], MustCall: false);
        }

        if (tools.Count == 0)
        {
            throw OpenAiRefusal.Invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are given.");
        }

        var list = request.Tools!.Value.GetRawText();
        return mode switch
        {
            "auto" => new(list, tools, MustCall: false),
            "required" => new(list, tools, MustCall: true),
            _ => new(list, [tools.First(tool => tool.Name == NameOf(named, tools))], MustCall: true),
        };
    }

    /// <summary>The form of the answer, given the one that an answer in words must have.</summary>
    public OutputFormat? Format(OutputFormat? words) => Tools.Count == 0 ? words : MustCall ? new OutputFormat.CallOf(Tools) : new OutputFormat.TextOrCallsOf(Tools, words);

    private static List<ToolForm> Declared(JsonElement? tools)
    {
        if (tools is not { ValueKind: not JsonValueKind.Null } list)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxTools)
        {
            throw OpenAiRefusal.Invalid("tools", $"'tools' must be a list of at most {MaxTools} functions.");
        }

        List<ToolForm> declared = [.. list.EnumerateArray().Select((tool, i) => Declared(tool, $"tools[{i}]"))];
        return declared.CountBy(tool => tool.Name).FirstOrDefault(name => name.Value > 1).Key is { } twice
            ? throw OpenAiRefusal.Invalid("tools", $"Two tools are named '{twice}'.")
            : declared;
    }

    private static ToolForm Declared(JsonElement tool, string field)
    {
        if (tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() != "function")
        {
            throw OpenAiRefusal.Unsupported($"{field}.type", "Only functions are.");
        }

        if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object
            || !function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString()!.Length is 0 or > 64)
        {
            throw OpenAiRefusal.Invalid(field, $"'{field}' must be {{\"type\": \"function\", \"function\": {{\"name\": …}}}} with a name of 1 to 64 characters.");
        }

        var isStrict = function.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True;
        return new(name.GetString()!, function.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object ? parameters : null, isStrict);
    }

    private static string NameOf(JsonElement choice, List<ToolForm> tools)
    {
        if (choice.ValueKind != JsonValueKind.Object || !choice.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object
            || !function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
        {
            throw OpenAiRefusal.Unsupported("tool_choice", "Use \"none\", \"auto\", \"required\", or {\"type\": \"function\", \"function\": {\"name\": …}}.");
        }

        return tools.Exists(tool => tool.Name == name.GetString())
            ? name.GetString()!
            : throw OpenAiRefusal.Invalid("tool_choice", $"'tool_choice' names '{name.GetString()}', which is not among the tools.");
    }
}
