namespace InternPlatform.Inference.Engine;

/// <summary>How the next token is drawn. The same options, seed and prompt give the same tokens whatever else is in the batch.</summary>
public sealed record SamplingOptions
{
    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps the k most likely tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the most likely tokens up to this probability, in (0, 1].</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this share as likely as the most likely one, in [0, 1].</summary>
    public float MinP { get; init; }

    /// <summary>Subtracted once from the logit of each token already generated.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit for each time it was generated.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens in prompt and answer (Keskar et al. 2019, arXiv:1909.05858); 1 changes nothing.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Added to the logits of single tokens.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Seed of this request's own random numbers.</summary>
    public ulong Seed { get; init; }

    internal bool HasPenalties => PresencePenalty != 0 || FrequencyPenalty != 0 || RepetitionPenalty != 1;
}
