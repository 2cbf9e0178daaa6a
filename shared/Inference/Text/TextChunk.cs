using InternPlatform.Inference.Engine;
using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text;

/// <summary>A piece of an answer.</summary>
public sealed record TextChunk
{
    /// <summary>New text; never part of a character or of a stop string.</summary>
    public string Text { get; init; } = "";

    /// <summary>The tokens whose text is now out.</summary>
    public IReadOnlyList<GeneratedToken> Tokens { get; init; } = [];

    /// <summary>A whole tool call.</summary>
    public ChatToolCall? ToolCall { get; init; }

    /// <summary>Set on the last piece.</summary>
    public TextEnd? End { get; init; }
}

/// <summary>How an answer ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="CompletionTokens">Tokens generated, end token included.</param>
/// <param name="CachedTokens">Prompt tokens found in the prefix cache.</param>
public sealed record TextEnd(FinishReason Reason, int CompletionTokens, int CachedTokens);
