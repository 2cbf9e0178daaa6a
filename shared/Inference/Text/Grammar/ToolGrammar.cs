using System.Text.Json;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>The text of a tool call: <c>\n{"name": "…", "parameters": {…}}</c>, the parameters as the tool's schema says.</summary>
internal static class ToolGrammar
{
    private const int AnyObjectDepth = 5;

    /// <exception cref="UnsupportedSchemaException">A strict tool's schema cannot be enforced.</exception>
    public static int Call(ByteNfa nfa, int from, IReadOnlyList<ToolForm> tools) =>
        nfa.Any(from, tools.Select(tool => (Func<int, int>)(state => One(nfa, state, tool))).ToList());

    private static int One(ByteNfa nfa, int from, ToolForm tool)
    {
        var opening = JsonGrammar.Literal(nfa, from, $"\n{{\"name\": {JsonSerializer.Serialize(tool.Name)}, \"parameters\": ");
        return JsonGrammar.Literal(nfa, Arguments(nfa, opening, tool), "}");
    }

    private static int Arguments(ByteNfa nfa, int from, ToolForm tool)
    {
        if (tool.Parameters is not { } schema)
        {
            return JsonGrammar.Literal(nfa, from, "{}");
        }

        if (!tool.IsStrict)
        {
            return CanEnforce(schema, tool.Name) ? JsonSchema.Object(nfa, from, schema, tool.Name) : JsonGrammar.AnyObject(nfa, from, AnyObjectDepth);
        }

        try
        {
            return JsonSchema.Object(nfa, from, schema, tool.Name);
        }
        catch (UnsupportedSchemaException e)
        {
            throw new UnsupportedSchemaException(e.Path, e.Reason, "tools");
        }
    }

    private static bool CanEnforce(JsonElement schema, string name)
    {
        try
        {
            var trial = new ByteNfa();
            JsonSchema.Object(trial, trial.State(), schema, name);
            return true;
        }
        catch (UnsupportedSchemaException)
        {
            // OpenAI's tools are a best effort unless they are strict: the caller checks the arguments.
            return false;
        }
    }
}
