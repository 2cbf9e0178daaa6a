using System.Text.Json;
using System.Text.Json.Nodes;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>
/// The column <c>tools</c> in OpenAI's form. The sample writes a tool bare and its parameters in short, <c>{"a": "number", "op": "add, subtract or multiply"}</c>;
/// an endpoint wants a schema.
/// </summary>
internal static class ToolList
{
    /// <returns>The list as JSON, and the name of the first tool.</returns>
    public static (string Json, string First) Read(Row row)
    {
        var given = row.Json("tools");
        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() == 0)
        {
            throw row.Wrong("tools", "A list of tools is needed.");
        }

        var tools = given.EnumerateArray().Select(tool => Function(row, tool)).ToList();
        var list = new JsonArray([.. tools.Select(function => new JsonObject { ["type"] = "function", ["function"] = function })]);
        return (list.ToJsonString(), tools[0]["name"]!.GetValue<string>());
    }

    private static JsonObject Function(Row row, JsonElement tool)
    {
        if (tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var inner))
        {
            tool = inner;
        }

        if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
        {
            throw row.Wrong("tools", "A tool has no name.");
        }

        var function = JsonObject.Create(tool)!;
        if (tool.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object && !parameters.TryGetProperty("type", out _))
        {
            function["parameters"] = Schema(parameters);
        }

        return function;
    }

    private static JsonObject Schema(JsonElement parameters)
    {
        var properties = parameters.EnumerateObject().ToList();
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(properties.Select(property => KeyValuePair.Create<string, JsonNode?>(property.Name, Type(property.Value)))),
            ["required"] = new JsonArray([.. properties.Select(property => (JsonNode)property.Name)]),
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Type(JsonElement said)
    {
        var text = said.ValueKind == JsonValueKind.String ? said.GetString()! : "string";
        if (text is "number" or "integer" or "string" or "boolean")
        {
            return new JsonObject { ["type"] = text };
        }

        var values = text.Split([", ", " or "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return values.Length < 2
            ? new JsonObject { ["type"] = "string" }
            : new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]) };
    }
}
