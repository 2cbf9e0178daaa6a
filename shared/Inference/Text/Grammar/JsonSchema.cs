using System.Text.Encodings.Web;
using System.Text.Json;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// A JSON schema as an automaton. Properties come in the schema's order; those not required may be left out. Keywords that
/// would be ignored silently are refused by name.
/// </summary>
internal static class JsonSchema
{
    private const int MaxDepth = 16;

    private static readonly JsonSerializerOptions Spelling = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly HashSet<string> Annotations = ["title", "description", "default", "examples", "deprecated", "$schema", "$id", "$comment", "strict"];

    /// <exception cref="UnsupportedSchemaException">A keyword or type is not supported, or the schema contradicts itself.</exception>
    public static ByteAutomaton Compile(JsonElement schema)
    {
        var nfa = new ByteNfa();
        var start = nfa.State();
        var end = Object(nfa, start, Require(schema, "$"), "$", depth: 0);
        return new(nfa, start, end);
    }

    /// <summary>Adds an object that fits the schema.</summary>
    public static int Object(ByteNfa nfa, int from, JsonElement schema, string path, int depth)
    {
        CheckKeywords(schema, path, ["type", "properties", "required", "additionalProperties"]);
        if (TypesOf(schema, path) is not ["object"])
        {
            throw new UnsupportedSchemaException(path, "the type must be \"object\"");
        }

        if (schema.TryGetProperty("additionalProperties", out var additional) && additional.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new UnsupportedSchemaException(path, "the keyword 'additionalProperties' must be true or false");
        }

        var required = RequiredOf(schema, path);
        var properties = schema.TryGetProperty("properties", out var declared) ? Require(declared, path + ".properties").EnumerateObject().ToList() : [];
        if (required.FirstOrDefault(name => properties.TrueForAll(property => property.Name != name)) is { } missing)
        {
            throw new UnsupportedSchemaException(path, $"the required property '{missing}' is not declared");
        }

        return Members(nfa, from, properties, required, path, depth);
    }

    // Two ways run side by side through the properties: nothing written yet, or something, which needs a comma.
    private static int Members(ByteNfa nfa, int from, List<JsonProperty> properties, HashSet<string> required, string path, int depth)
    {
        var none = nfa.Literal(from, "{"u8);
        var some = nfa.State();
        foreach (var property in properties)
        {
            var key = nfa.State();
            nfa.Epsilon(none, key);
            nfa.Epsilon(JsonGrammar.Comma(nfa, some), key);
            var colon = JsonGrammar.Colon(nfa, JsonGrammar.Literal(nfa, key, JsonSerializer.Serialize(property.Name, Spelling)));
            var after = Value(nfa, colon, Require(property.Value, $"{path}.{property.Name}"), $"{path}.{property.Name}", depth + 1);
            var (nextNone, nextSome) = (nfa.State(), nfa.State());
            nfa.Epsilon(after, nextSome);
            if (!required.Contains(property.Name))
            {
                nfa.Epsilon(none, nextNone);
                nfa.Epsilon(some, nextSome);
            }

            (none, some) = (nextNone, nextSome);
        }

        return nfa.Literal(Join(nfa, none, some), "}"u8);
    }

    private static int Join(ByteNfa nfa, int a, int b)
    {
        var to = nfa.State();
        nfa.Epsilon(a, to);
        nfa.Epsilon(b, to);
        return to;
    }

    private static int Value(ByteNfa nfa, int from, JsonElement schema, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new UnsupportedSchemaException(path, $"it is nested more than {MaxDepth} deep");
        }

        if (schema.TryGetProperty("enum", out var values) || schema.TryGetProperty("const", out values))
        {
            CheckKeywords(schema, path, ["type", "enum", "const"]);
            return Enumeration(nfa, from, values, path);
        }

        return nfa.Any(from, TypesOf(schema, path).Select(type => (Func<int, int>)(state => Typed(nfa, state, type, schema, path, depth))).ToList());
    }

    private static int Typed(ByteNfa nfa, int from, string type, JsonElement schema, string path, int depth)
    {
        switch (type)
        {
            case "object":
                return Object(nfa, from, schema, path, depth);
            case "array":
                CheckKeywords(schema, path, ["type", "items"]);
                return schema.TryGetProperty("items", out var items)
                    ? JsonGrammar.Array(nfa, from, state => Value(nfa, state, Require(items, path + "[]"), path + "[]", depth + 1))
                    : throw new UnsupportedSchemaException(path, "an array needs 'items'");
        }

        CheckKeywords(schema, path, ["type"]);
        return type switch
        {
            "string" => JsonGrammar.String(nfa, from),
            "integer" => JsonGrammar.Integer(nfa, from),
            "number" => JsonGrammar.Number(nfa, from),
            "boolean" => JsonGrammar.Boolean(nfa, from),
            "null" => JsonGrammar.Literal(nfa, from, "null"),
            _ => throw new UnsupportedSchemaException(path, $"the type '{type}' is unknown"),
        };
    }

    private static int Enumeration(ByteNfa nfa, int from, JsonElement values, string path)
    {
        var texts = values.ValueKind == JsonValueKind.Array ? values.EnumerateArray().ToList() : [values];
        if (texts.Count == 0 || texts.Exists(value => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
        {
            throw new UnsupportedSchemaException(path, "'enum' must list strings, numbers, booleans or null");
        }

        return nfa.Any(from, texts.Select(value => (Func<int, int>)(state => JsonGrammar.Literal(nfa, state, JsonSerializer.Serialize(value, Spelling)))).ToList());
    }

    private static HashSet<string> RequiredOf(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("required", out var required))
        {
            return [];
        }

        return required.ValueKind == JsonValueKind.Array && required.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? [.. required.EnumerateArray().Select(name => name.GetString()!)]
            : throw new UnsupportedSchemaException(path, "'required' must be a list of names");
    }

    private static string[] TypesOf(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("type", out var type))
        {
            if (type.ValueKind == JsonValueKind.String)
            {
                return [type.GetString()!];
            }

            if (type.ValueKind == JsonValueKind.Array && type.GetArrayLength() > 0 && type.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String))
            {
                return [.. type.EnumerateArray().Select(name => name.GetString()!)];
            }
        }

        CheckKeywords(schema, path, ["type"]);
        throw new UnsupportedSchemaException(path, "it needs a 'type'");
    }

    private static void CheckKeywords(JsonElement schema, string path, ReadOnlySpan<string> known)
    {
        foreach (var property in schema.EnumerateObject())
        {
            if (!known.Contains(property.Name) && !Annotations.Contains(property.Name))
            {
                throw new UnsupportedSchemaException(path, $"the keyword '{property.Name}' is not supported");
            }
        }
    }

    private static JsonElement Require(JsonElement schema, string path) => schema.ValueKind == JsonValueKind.Object
        ? schema
        : throw new UnsupportedSchemaException(path, "it must be a JSON object");
}
