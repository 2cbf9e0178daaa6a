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

    /// <summary>Text that a regular expression matches as a whole.</summary>
    /// <param name="Pattern">The expression.</param>
    public sealed record MatchingRegex(string Pattern) : OutputFormat;

    /// <summary>A call of one of these tools, and nothing else.</summary>
    /// <param name="Tools">The tools.</param>
    public sealed record CallOf(IReadOnlyList<ToolForm> Tools) : OutputFormat;

    /// <summary>Text; where the model begins a call of its own accord, one of these tools with arguments that fit.</summary>
    /// <param name="Tools">The tools.</param>
    /// <param name="Text">The form of an answer without calls; null: any text.</param>
    public sealed record TextOrCallsOf(IReadOnlyList<ToolForm> Tools, OutputFormat? Text) : OutputFormat;
}

/// <summary>A tool as far as the grammar of its calls goes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Schema of its arguments; null: it takes none.</param>
/// <param name="IsStrict">A schema that cannot be enforced is refused by name; else any JSON object is let through for it.</param>
public sealed record ToolForm(string Name, JsonElement? Parameters, bool IsStrict);
