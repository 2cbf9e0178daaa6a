namespace InternPlatform.Inference.Engine;

/// <summary>What the engine is doing, as of its last step.</summary>
public sealed record EngineStatus
{
    /// <summary>Sequences being computed.</summary>
    public required int Running { get; init; }

    /// <summary>Sequences waiting.</summary>
    public required int Waiting { get; init; }

    /// <summary>Cache blocks that no sequence holds.</summary>
    public required int FreeBlocks { get; init; }

    /// <summary>Cache blocks.</summary>
    public required int TotalBlocks { get; init; }

    /// <summary>Steps computed since the start.</summary>
    public required long Steps { get; init; }

    /// <summary>Prompt tokens computed since the start.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>Tokens generated since the start.</summary>
    public required long GeneratedTokens { get; init; }

    /// <summary>Tokens guessed ahead since the start.</summary>
    public required long GuessedTokens { get; init; }

    /// <summary>Guessed tokens that the model drew, too.</summary>
    public required long RightGuesses { get; init; }

    /// <summary>How long work has been there without a step ending; zero when idle. Readiness is progress.</summary>
    public required TimeSpan WithoutProgress { get; init; }

    /// <summary>Why the engine broke; null: it works.</summary>
    public required string? Failure { get; init; }
}
