namespace InternPlatform.Inference.Engine;

/// <summary>Decides which tokens may come next. Called on the engine's thread only.</summary>
public interface ITokenConstraint
{
    /// <summary>Sets the bit of each token that may come next.</summary>
    /// <param name="remainingTokens">Tokens that may still be generated, this one included; lets a format close in time.</param>
    /// <param name="mask">One bit a token, cleared before the call.</param>
    void Allow(int remainingTokens, Span<ulong> mask);

    /// <summary>The token was chosen.</summary>
    void Accept(int token);

    /// <summary>What was generated is a whole: the sequence may stop here.</summary>
    bool CanStop { get; }

    /// <summary>Nothing can follow: the sequence stops without a stop token.</summary>
    bool IsComplete { get; }
}
