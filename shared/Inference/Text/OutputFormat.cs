using System.Text.Json;

namespace InternPlatform.Inference.Text;

/// <summary>A form that the answer must have.</summary>
public abstract record OutputFormat
{
    private OutputFormat()
    {
    }

    /// <summary>Any JSON object, nested at most five deep.</summary>
    public sealed record AnyJsonObject : OutputFormat;

    /// <summary>A JSON object that fits a schema.</summary>
    /// <param name="Schema">The schema; its root is an object.</param>
    public sealed record FittingSchema(JsonElement Schema) : OutputFormat;

    /// <summary>A call of one of these tools, and nothing else.</summary>
    /// <param name="Tools">Name and parameter schema of each tool; null: the tool takes no parameters.</param>
    public sealed record CallOf(IReadOnlyList<(string Name, JsonElement? Parameters)> Tools) : OutputFormat;
}
