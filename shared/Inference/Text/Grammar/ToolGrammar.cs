using System.Text.Json;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>The text of a tool call: <c>\n{"name": "…", "parameters": {…}}</c>, the parameters as the tool's schema says.</summary>
internal static class ToolGrammar
{
    public static int Call(ByteNfa nfa, int from, IReadOnlyList<(string Name, JsonElement? Parameters)> tools) =>
        nfa.Any(from, tools.Select(tool => (Func<int, int>)(state => One(nfa, state, tool.Name, tool.Parameters))).ToList());

    private static int One(ByteNfa nfa, int from, string name, JsonElement? parameters)
    {
        var opening = JsonGrammar.Literal(nfa, from, $"\n{{\"name\": {JsonSerializer.Serialize(name)}, \"parameters\": ");
        var arguments = parameters is { } schema
            ? JsonSchema.Object(nfa, opening, schema, name, depth: 0)
            : JsonGrammar.Literal(nfa, opening, "{}");
        return JsonGrammar.Literal(nfa, arguments, "}");
    }
}
