using System.Threading.Channels;

namespace InternPlatform.Inference.Engine;

/// <summary>A running request. Tokens come out of <see cref="Tokens"/>; whoever stops reading early calls <see cref="Cancel"/>.</summary>
public sealed class Generation
{
    private readonly Channel<GeneratedToken> tokens = Channel.CreateUnbounded<GeneratedToken>(new() { SingleReader = true, SingleWriter = true });
    private readonly Action wake;
    private volatile bool isCancelled;

    internal Generation(GenerationRequest request, Action wake)
    {
        this.wake = wake;
        Request = request;
        PromptLogProbs = request.PromptLogProbs ? new GeneratedToken[request.Prompt.Count] : [];
        if (PromptLogProbs.Length > 0)
        {
            PromptLogProbs[0] = new(request.Prompt[0], false, float.NaN, null);
        }
    }

    /// <summary>What was asked for.</summary>
    public GenerationRequest Request { get; }

    /// <summary>Tokens as they are generated. Ends with an <see cref="InferenceException"/> when the request failed.</summary>
    public ChannelReader<GeneratedToken> Tokens => tokens.Reader;

    /// <summary>Why it ended; valid once <see cref="Tokens"/> has ended.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>Tokens generated, the stop token included.</summary>
    public int GeneratedTokens { get; private set; }

    /// <summary>Prompt tokens found in the prefix cache.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>The prompt's tokens with their log-probabilities, the first one's NaN; empty when not asked for, whole once <see cref="Tokens"/> has ended or given a token.</summary>
    public IReadOnlyList<GeneratedToken> PromptTokens => PromptLogProbs;

    /// <summary>The prompt's vector, [D], of length 1; empty when not asked for, whole once <see cref="Tokens"/> has ended or given a token.</summary>
    public IReadOnlyList<float> Embedding => Pooled;

    internal GeneratedToken[] PromptLogProbs { get; }

    internal float[] Pooled { get; set; } = [];

    internal bool IsCancelled => isCancelled;

    /// <summary>Ends the sequence before its next token and frees its cache blocks.</summary>
    public void Cancel()
    {
        isCancelled = true;
        wake();
    }

    internal void Add(GeneratedToken token)
    {
        GeneratedTokens++;
        tokens.Writer.TryWrite(token);
    }

    internal void Finish(FinishReason reason)
    {
        FinishReason = reason;
        tokens.Writer.TryComplete();
    }

    internal void Fail(InferenceException reason) => tokens.Writer.TryComplete(reason);
}
