namespace InternPlatform.Inference.Engine;

/// <summary>A request inside the engine. Tokens 0 … Computed-1 have their keys and values in the cache.</summary>
internal sealed class Sequence
{
    // A look-up that failed is left alone for so many tokens.
    private const int Rest = 16;

    private readonly int[] tokens;
    private int lookUpLimit = int.MaxValue;
    private int lookUpAgainAt;
    private bool wasLookedUp;
    private FinishReason? end;
    private InferenceException? failure;

    public Sequence(Generation output, BlockPool pool, int contextLength)
    {
        Output = output;
        var request = output.Request;
        tokens = new int[Math.Min(contextLength, request.Prompt.Count + request.MaxNewTokens)];
        for (var i = 0; i < request.Prompt.Count; i++)
        {
            tokens[i] = request.Prompt[i];
        }

        Count = request.Prompt.Count;
        Table = new BlockTable(pool, request.Adapter is { } adapter ? $"{request.CacheSalt}\0{adapter.Id}" : request.CacheSalt, tokens.Length);
        Bias = new(request.Sampling.LogitBias);
        StopTokens = [.. request.StopTokens];
        NextPromptLogProb = request.PromptLogProbs ? 1 : request.Prompt.Count;
    }

    public Generation Output { get; }

    public GenerationRequest Request => Output.Request;

    /// <summary>A copy as a concrete dictionary: enumerating it allocates nothing.</summary>
    public Dictionary<int, float> Bias { get; }

    public HashSet<int> StopTokens { get; }

    public BlockTable Table { get; }

    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    public int Count { get; private set; }

    public int Computed { get; set; }

    /// <summary>It left the waiting queue once: preempted, it waits again without counting against the queue's limit.</summary>
    public bool WasAdmitted { get; set; }

    /// <summary>First prompt position whose log-probability is still wanted.</summary>
    public int NextPromptLogProb { get; set; }

    /// <summary>Every token of the prompt is wanted for its own sake: none may come from the prefix cache.</summary>
    public bool ReadsWholePrompt => NextPromptLogProb < Request.Prompt.Count || Request.Pooling == Pooling.Mean;

    public int Remaining => Count - Computed;

    public int Generated => Count - Request.Prompt.Count;

    public int RemainingNew => tokens.Length - Count;

    /// <summary>It will leave the engine at the end of the step; its caller is told after its blocks are free.</summary>
    public bool IsEnded => end is not null || failure is not null;

    public void End(FinishReason reason) => end = reason;

    public void Fail(InferenceException reason) => failure = reason;

    public void TellEnd()
    {
        if (failure is not null)
        {
            Output.Fail(failure);
        }
        else if (end is { } reason)
        {
            Output.Finish(reason);
        }
    }

    public void Append(int token) => tokens[Count++] = token;

    /// <summary>Tokens from a place on, known or guessed.</summary>
    public ReadOnlySpan<int> TokensFrom(int position, int count) => tokens.AsSpan(position, count);

    /// <summary>Tokens behind the known ones that this step computes on trial.</summary>
    public int Guessed { get; private set; }

    /// <summary>Writes a guess behind the known tokens. Never up to the last place: that one is decided by the length.</summary>
    /// <param name="most">Tokens at most.</param>
    /// <param name="draft">Asked where nothing like the end was said before.</param>
    public void Guess(int most, DraftModel? draft)
    {
        var room = tokens.AsSpan(Count, Math.Max(0, Math.Min(most, RemainingNew - 1)));
        Guessed = room.IsEmpty || Generated < lookUpAgainAt ? 0 : PromptLookup.Draft(Tokens, room[..Math.Min(room.Length, lookUpLimit)]);
        wasLookedUp = Guessed > 0;
        Guessed = Guessed == 0 && draft is not null ? draft.Guess(this, Tokens, room) : Guessed;
        Guessed = Guessed == 0 ? 0 : Math.Max(0, Table.Grow(Count + Guessed) - Count);
    }

    /// <summary>Looks up more where that comes true, and less where it does not; a draft model knows by itself when to stop.</summary>
    /// <param name="right">How many of the guessed tokens were right.</param>
    public void Judge(int right)
    {
        if (wasLookedUp)
        {
            lookUpLimit = right == Guessed ? 2 * Guessed : Math.Max(1, right);
            lookUpAgainAt = right == 0 ? Generated + Rest : 0;
        }

        Guessed = 0;
    }
}
