using InternPlatform.Inference.Engine;
using InternPlatform.Inference.Runners;

namespace InternPlatform.Inference.Text;

/// <summary>What to generate, in text terms.</summary>
public sealed record TextRequest
{
    /// <summary>The prompt's token ids, from <see cref="TextModel.EncodeChat"/> or <see cref="TextModel.EncodeText"/>.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>The tenant; see <see cref="GenerationRequest.CacheSalt"/>.</summary>
    public required string CacheSalt { get; init; }

    /// <summary>Additions to the model's weights; null: the model as it is.</summary>
    public LoraAdapter? Adapter { get; init; }

    /// <summary>Tokens to generate at most; null: what the context leaves.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Strings that end the answer and are no part of it; they may span tokens.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>The form that the answer must have; null: none.</summary>
    public OutputFormat? Format { get; init; }

    /// <summary>Whether calls in the model's own spelling are taken out of the text.</summary>
    public bool ReadToolCalls { get; init; }

    /// <summary>The answer ends with its first call.</summary>
    public bool SingleToolCall { get; init; }

    /// <summary>Go on after the model's end tokens.</summary>
    public bool IgnoreEndTokens { get; init; }

    /// <summary>Tokens to generate before an end token is allowed.</summary>
    public int MinNewTokens { get; init; }

    /// <summary>Whether log-probabilities are wanted.</summary>
    public bool LogProbs { get; init; }

    /// <summary>How many of the most likely tokens to list at each place.</summary>
    public int TopLogProbs { get; init; }

    /// <summary>Whether log-probabilities of the prompt are wanted.</summary>
    public bool PromptLogProbs { get; init; }
}
