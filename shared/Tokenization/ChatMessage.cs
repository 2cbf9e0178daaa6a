namespace InternPlatform.Tokenization;

/// <summary>One turn of a dialogue.</summary>
public sealed record ChatMessage
{
    /// <summary><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c> (the result of a call).</summary>
    public required string Role { get; init; }

    /// <summary>The text of the turn.</summary>
    public string Content { get; init; } = "";

    /// <summary>Who speaks, where several share a role. The name of the tool in a tool's result.</summary>
    public string? Name { get; init; }

    /// <summary>Calls that an assistant's turn ends with.</summary>
    public IReadOnlyList<ChatToolCall>? ToolCalls { get; init; }
}

/// <summary>A tool the assistant asks for.</summary>
/// <param name="Name">Name of the tool.</param>
/// <param name="ArgumentsJson">Its arguments, a JSON object.</param>
public sealed record ChatToolCall(string Name, string ArgumentsJson);

/// <summary>A piece of a rendered dialogue.</summary>
/// <param name="Text">Plain text, or the spelling of one special token.</param>
/// <param name="IsSpecial">Whether the text is a special token. Plain text never becomes one.</param>
/// <param name="Trained">Whether a loss is taken on it: assistant turns and the mark that ends them.</param>
public readonly record struct TemplateSegment(string Text, bool IsSpecial, bool Trained);

/// <summary>A dialogue, a tool list or a template name that cannot be rendered, and what to change.</summary>
public sealed class ChatTemplateException(string message, Exception? inner = null) : Exception(message, inner);
