namespace InternPlatform.Tokenization;

/// <summary>What a SentencePiece tokenizer is trained to. The defaults are LLaMA's and InternLM's: no normalisation, bytes where no piece fits.</summary>
public sealed record SentencePieceTrainingOptions
{
    /// <summary>A unigram language model; else BPE.</summary>
    public bool IsUnigram { get; init; }

    /// <summary>Ids in all: special tokens, the 256 bytes, characters and pieces. A text with few words gives fewer.</summary>
    public int VocabularySize { get; init; } = 2048;

    /// <summary>Share of the text's characters that get pieces of their own, 0 to 1; the rarest are spelled in bytes.</summary>
    public double CharacterCoverage { get; init; } = 0.9995;

    /// <summary>Longest piece, in characters.</summary>
    public int MaxPieceCharacters { get; init; } = 16;

    /// <summary>Whether every digit is a piece of its own, so that numbers are read digit by digit.</summary>
    public bool SplitDigits { get; init; } = true;

    /// <summary>Control pieces; their ids are their places in this list. The first is the unknown piece.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = BpeTrainingOptions.InternLm2SpecialTokens;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SpecialTokens.Count, 1, nameof(SpecialTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(VocabularySize, SpecialTokens.Count + 256, nameof(VocabularySize));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPieceCharacters, 1, nameof(MaxPieceCharacters));
        if (CharacterCoverage is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(CharacterCoverage), CharacterCoverage, "It is a share: above 0, at most 1.");
        }

        if (SpecialTokens.Any(string.IsNullOrEmpty) || SpecialTokens.Distinct(StringComparer.Ordinal).Count() != SpecialTokens.Count)
        {
            throw new ArgumentException("Special tokens must be different from each other and not empty.", nameof(SpecialTokens));
        }
    }
}
