namespace InternPlatform.Tokenization;

/// <summary>What a tokenizer is trained to.</summary>
public sealed record BpeTrainingOptions
{
    /// <summary>The InternLM2 set in the order that fixes their ids: 0 is <c>&lt;unk&gt;</c>, which never is a label.</summary>
    public static IReadOnlyList<string> InternLm2SpecialTokens { get; } =
    [
        "<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|action_start|>", "<|action_end|>", "<|interpreter|>", "<|plugin|>",
    ];

    /// <summary>Ids in all: special tokens, the 256 bytes, and merges. A text with few words gives fewer.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Longest token. Nine bytes are three Chinese characters: longer ones glue names to their neighbours.</summary>
    public int MaxTokenBytes { get; init; } = 9;

    /// <summary>Special tokens; their ids are their places in this list.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = InternLm2SpecialTokens;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(VocabularySize, SpecialTokens.Count + 256, nameof(VocabularySize));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokenBytes, 1, nameof(MaxTokenBytes));
        if (SpecialTokens.Any(string.IsNullOrEmpty) || SpecialTokens.Distinct(StringComparer.Ordinal).Count() != SpecialTokens.Count)
        {
            throw new ArgumentException("Special tokens must be different from each other and not empty.", nameof(SpecialTokens));
        }
    }
}
