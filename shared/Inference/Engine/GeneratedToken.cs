namespace InternPlatform.Inference.Engine;

/// <summary>A token and the natural logarithm of its probability under the model itself: before temperature, penalties and constraint.</summary>
public readonly record struct TokenLogProb(int Token, float LogProb);

/// <summary>One token of an answer.</summary>
/// <param name="Token">Its id.</param>
/// <param name="IsStop">It ended the sequence and is no part of the answer.</param>
/// <param name="LogProb">Its log-probability; NaN when not asked for.</param>
/// <param name="Top">The most likely tokens at this place, most likely first; null when not asked for.</param>
public readonly record struct GeneratedToken(int Token, bool IsStop, float LogProb, IReadOnlyList<TokenLogProb>? Top);

/// <summary>Why a sequence ended.</summary>
public enum FinishReason
{
    /// <summary>A stop token came, or the constraint was complete.</summary>
    Stop,

    /// <summary>The token limit or the context's end was reached.</summary>
    Length,

    /// <summary>The caller went away.</summary>
    Cancelled,
}
