namespace InternPlatform.Inference.Engine;

/// <summary>Perplexity over scored tokens: exp of the mean of −log p.</summary>
/// <param name="LogLoss">Sum of −log p, in nats.</param>
/// <param name="Tokens">Scored tokens.</param>
public readonly record struct PerplexityFigure(double LogLoss, long Tokens)
{
    /// <summary>exp(LogLoss / Tokens); NaN without tokens.</summary>
    public double Perplexity => Math.Exp(LogLoss / Tokens);
}

/// <summary>Measures a model's perplexity with the engine that serves it, by the log-probabilities of prompts.</summary>
/// <remarks>The sum runs in the samples' order, and a sequence has the same bits in any batch: the figure is the same each time.</remarks>
public static class PerplexityMeter
{
    private const string Salt = "perplexity";

    /// <summary>
    /// Runs the samples through the engine. A negative id is context without loss; the first token of a sample, and of each piece of one that is longer than
    /// the engine's context, has no prediction and is not scored.
    /// </summary>
    /// <param name="engine">The model.</param>
    /// <param name="samples">Signed token ids, at least one each.</param>
    /// <param name="progress">Told of scored tokens so far.</param>
    /// <param name="cancellationToken">Ends between samples.</param>
    /// <exception cref="InferenceException">A token is outside the vocabulary, or the logits are not finite.</exception>
    public static async Task<PerplexityFigure> MeasureAsync(
        InferenceEngine engine, IReadOnlyList<int[]> samples, Action<long> progress, CancellationToken cancellationToken)
    {
        var total = new PerplexityFigure();
        var running = new Queue<(Generation Generation, int[] Piece)>();
        foreach (var piece in samples.SelectMany(sample => sample.Chunk(engine.Plan.ContextLength)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            running.Enqueue((Submit(engine, piece), piece));
            if (running.Count >= engine.MaxRunningSequences)
            {
                await NextAsync();
            }
        }

        while (running.Count > 0)
        {
            await NextAsync();
        }

        return total;

        async Task NextAsync()
        {
            var (generation, piece) = running.Dequeue();
            total = await AddAsync(total, generation, piece, cancellationToken);
            progress(total.Tokens);
        }
    }

    private static Generation Submit(InferenceEngine engine, int[] piece) => engine.Submit(new()
    {
        Prompt = Array.ConvertAll(piece, Math.Abs),
        CacheSalt = Salt,
        MaxNewTokens = 0,
        PromptLogProbs = true,
    });

    private static async Task<PerplexityFigure> AddAsync(PerplexityFigure total, Generation generation, int[] piece, CancellationToken cancellationToken)
    {
        // Nothing is generated: the wait is for the end, or for the failure.
        await generation.Tokens.WaitToReadAsync(cancellationToken);
        await generation.Tokens.Completion;
        for (var i = 1; i < piece.Length; i++)
        {
            if (piece[i] > 0)
            {
                total = new(total.LogLoss - generation.PromptTokens[i].LogProb, total.Tokens + 1);
            }
        }

        return total;
    }
}
