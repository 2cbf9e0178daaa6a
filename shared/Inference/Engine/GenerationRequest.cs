using InternPlatform.Inference.Runners;

namespace InternPlatform.Inference.Engine;

/// <summary>One sequence to compute, in token ids.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt, at least one token.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>The tenant: cached blocks are found again only under the same salt.</summary>
    public required string CacheSalt { get; init; }

    /// <summary>Tokens to generate at most; 0 only reads the prompt.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end the sequence.</summary>
    public IReadOnlySet<int> StopTokens { get; init; } = new HashSet<int>();

    /// <summary>Tokens to generate before a stop token is allowed.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>What may be generated; null: everything. Belongs to this request alone.</summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Whether log-probabilities of generated tokens are wanted.</summary>
    public bool LogProbs { get; init; }

    /// <summary>How many of the most likely tokens to list at each place.</summary>
    public int TopLogProbs { get; init; }

    /// <summary>Whether log-probabilities of the prompt's own tokens are wanted.</summary>
    public bool PromptLogProbs { get; init; }

    /// <summary>How the prompt becomes one vector; null: it is not asked for.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>Additions to the model's weights, read for this model's shape; null: the model as it is.</summary>
    public LoraAdapter? Adapter { get; init; }

    /// <summary>The higher one goes first, and may put a lower one back into the queue; among equals, who came first.</summary>
    public int Priority { get; init; }
}

/// <summary>Which of the final hidden states make a text's vector.</summary>
public enum Pooling
{
    /// <summary>The mean over all tokens.</summary>
    Mean,

    /// <summary>The last token's, which alone has seen the whole text.</summary>
    Last,
}
