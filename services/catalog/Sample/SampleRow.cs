using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Sample;

/// <summary>One document of the built-in sample: plain text, or a dialogue with the tools it may use.</summary>
public sealed record SampleRow
{
    /// <summary>What the row teaches, for the card's table of shares: story, fact, arithmetic, …</summary>
    public required string Kind { get; init; }

    /// <summary><c>en</c> or <c>zh</c>.</summary>
    public required string Language { get; init; }

    /// <summary>Set when the row is plain text.</summary>
    public string? Text { get; init; }

    /// <summary>Set when the row is a dialogue.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>JSON list of the tools named in the dialogue's system turn, or null.</summary>
    public string? Tools { get; init; }

    internal static SampleRow Prose(string kind, Draw draw, string text) => new() { Kind = kind, Language = draw.Language, Text = text };

    internal static SampleRow Chat(string kind, Draw draw, params IReadOnlyList<ChatMessage> messages) =>
        new() { Kind = kind, Language = draw.Language, Messages = messages };
}
