using System.Text.Encodings.Web;
using System.Text.Json;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// A JSON schema as an automaton. Properties come in the schema's order; those not required may be left out. Keywords that
/// would be ignored silently are refused by name. References lead to the schema's own definitions; a recursive one is refused as nested too deep.
/// </summary>
/// <param name="nfa">Where states go.</param>
/// <param name="root">The whole schema: references begin there.</param>
internal sealed class JsonSchema(ByteNfa nfa, JsonElement root)
{
    private const int MaxDepth = 16;
    private const int MaxItems = 64;

    private static readonly JsonSerializerOptions Spelling = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly HashSet<string> Annotations = ["title", "description", "default", "examples", "deprecated", "$schema", "$id", "$comment", "$defs", "definitions", "strict"];

    /// <exception cref="UnsupportedSchemaException">A keyword or type is not supported, or the schema contradicts itself.</exception>
    public static ByteAutomaton Compile(JsonElement schema)
    {
        var nfa = new ByteNfa();
        var start = nfa.State();
        var end = Object(nfa, start, schema, "$");
        return new(nfa, start, end);
    }

    /// <summary>Adds an object that fits the schema.</summary>
    /// <exception cref="UnsupportedSchemaException">As <see cref="Compile"/>.</exception>
    public static int Object(ByteNfa nfa, int from, JsonElement schema, string path) =>
        new JsonSchema(nfa, Require(schema, path)).Object(from, schema, path, depth: 0);

    private int Object(int from, JsonElement schema, string path, int depth)
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

        return Members(from, properties, required, path, depth);
    }

    // Two ways run side by side through the properties: nothing written yet, or something, which needs a comma.
    private int Members(int from, List<JsonProperty> properties, HashSet<string> required, string path, int depth)
    {
        var none = nfa.Literal(from, "{"u8);
        var some = nfa.State();
        foreach (var property in properties)
        {
            var key = nfa.State();
            nfa.Epsilon(none, key);
            nfa.Epsilon(JsonGrammar.Comma(nfa, some), key);
            var colon = JsonGrammar.Colon(nfa, JsonGrammar.Literal(nfa, key, JsonSerializer.Serialize(property.Name, Spelling)));
            var after = Value(colon, Require(property.Value, $"{path}.{property.Name}"), $"{path}.{property.Name}", depth + 1);
            var (nextNone, nextSome) = (nfa.State(), nfa.State());
            nfa.Epsilon(after, nextSome);
            if (!required.Contains(property.Name))
            {
                nfa.Epsilon(none, nextNone);
                nfa.Epsilon(some, nextSome);
            }

            (none, some) = (nextNone, nextSome);
        }

        return nfa.Literal(Join(none, some), "}"u8);
    }

    private int Join(int a, int b)
    {
        var to = nfa.State();
        nfa.Epsilon(a, to);
        nfa.Epsilon(b, to);
        return to;
    }

    private int Value(int from, JsonElement schema, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new UnsupportedSchemaException(path, $"it is nested more than {MaxDepth} deep");
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            CheckKeywords(schema, path, ["$ref"]);
            return Value(from, Resolve(reference, path), path, depth + 1);
        }

        if (schema.TryGetProperty("anyOf", out var alternatives))
        {
            CheckKeywords(schema, path, ["anyOf"]);
            return AnyOf(from, alternatives, path, depth);
        }

        if (schema.TryGetProperty("enum", out var values) || schema.TryGetProperty("const", out values))
        {
            CheckKeywords(schema, path, ["type", "enum", "const"]);
            return Enumeration(from, values, path);
        }

        return nfa.Any(from, TypesOf(schema, path).Select(type => (Func<int, int>)(state => Typed(state, type, schema, path, depth))).ToList());
    }

    private int Typed(int from, string type, JsonElement schema, string path, int depth)
    {
        switch (type)
        {
            case "object":
                return Object(from, schema, path, depth);
            case "array":
                return Array(from, schema, path, depth);
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

    private int Array(int from, JsonElement schema, string path, int depth)
    {
        CheckKeywords(schema, path, ["type", "items", "minItems", "maxItems"]);
        var items = schema.TryGetProperty("items", out var declared) ? Require(declared, path + "[]") : throw new UnsupportedSchemaException(path, "an array needs 'items'");
        var (least, most) = (Count(schema, "minItems", path), Count(schema, "maxItems", path));
        if (most is { } limit && limit < (least ?? 0))
        {
            throw new UnsupportedSchemaException(path, "'maxItems' is below 'minItems'");
        }

        return least is null && most is null
            ? JsonGrammar.Array(nfa, from, Item)
            : JsonGrammar.Array(nfa, from, least ?? 0, most, Item);

        int Item(int state) => Value(state, items, path + "[]", depth + 1);
    }

    private static int? Count(JsonElement schema, string keyword, string path) =>
        !schema.TryGetProperty(keyword, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count is >= 0 and <= MaxItems ? count
        : throw new UnsupportedSchemaException(path, $"'{keyword}' must be a whole number from 0 to {MaxItems}");

    private int AnyOf(int from, JsonElement alternatives, string path, int depth)
    {
        if (alternatives.ValueKind != JsonValueKind.Array || alternatives.GetArrayLength() == 0)
        {
            throw new UnsupportedSchemaException(path, "'anyOf' must be a list of schemas");
        }

        return nfa.Any(from, alternatives.EnumerateArray().Select((alternative, i) =>
            (Func<int, int>)(state => Value(state, Require(alternative, $"{path}.anyOf[{i}]"), $"{path}.anyOf[{i}]", depth + 1))).ToList());
    }

    /// <summary>Only <c>#/$defs/Name</c> and <c>#/definitions/Name</c>: nothing is fetched.</summary>
    private JsonElement Resolve(JsonElement reference, string path)
    {
        var target = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "";
        foreach (var place in new[] { "$defs", "definitions" })
        {
            if (target.StartsWith($"#/{place}/", StringComparison.Ordinal) && root.TryGetProperty(place, out var definitions) && definitions.ValueKind == JsonValueKind.Object
                && definitions.TryGetProperty(target[(place.Length + 3)..], out var definition))
            {
                return Require(definition, path);
            }
        }

        throw new UnsupportedSchemaException(path, $"the keyword '$ref' leads to '{target}', which is not one of the schema's '$defs'");
    }

    private int Enumeration(int from, JsonElement values, string path)
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
