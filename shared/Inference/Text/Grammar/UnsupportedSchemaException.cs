namespace InternPlatform.Inference.Text.Grammar;

/// <summary>A JSON schema asks for something that cannot be enforced; says where and what.</summary>
public sealed class UnsupportedSchemaException(string path, string reason)
    : InferenceException("unsupported_schema", $"The schema at {path} cannot be enforced: {reason}.", "response_format");
