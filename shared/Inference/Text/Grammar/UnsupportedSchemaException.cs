namespace InternPlatform.Inference.Text.Grammar;

/// <summary>A JSON schema asks for something that cannot be enforced; says where and what.</summary>
/// <param name="path">Where in the schema.</param>
/// <param name="reason">What it is.</param>
/// <param name="parameter">Field of the request that has the schema.</param>
public sealed class UnsupportedSchemaException(string path, string reason, string parameter = "response_format")
    : InferenceException("unsupported_schema", $"The schema at {path} cannot be enforced: {reason}.", parameter)
{
    /// <summary>Where in the schema.</summary>
    public string Path { get; } = path;

    /// <summary>What cannot be enforced.</summary>
    public string Reason { get; } = reason;
}
