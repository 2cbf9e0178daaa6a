using InternPlatform.Inference.Runners;
using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>What follows a forward pass: logits of the rows that need them, a few at a time; log-probabilities, sampling, ends.</summary>
internal sealed class TokenOutput(LlamaRunner runner, Scheduler scheduler, int vocabularySize, int tokenizerSize, int logitRows)
{
    private readonly Sampler sampler = new(vocabularySize, tokenizerSize);
    private readonly int[] candidates = new int[vocabularySize];
    private readonly int[] rows = new int[logitRows];
    private readonly List<(Sequence Sequence, int Position, int Token)> wanted = [];
    private long generated;
    private long guessed;
    private long right;

    public long Generated => Volatile.Read(ref generated);

    public long Guessed => Volatile.Read(ref guessed);

    public long GuessedRight => Volatile.Read(ref right);

    /// <returns>Prompt tokens that the step computed.</returns>
    public int Handle(StepBatch batch)
    {
        var prompt = 0;
        foreach (var (sequence, firstRow, count) in batch.Chunks)
        {
            prompt += Math.Clamp(sequence.Request.Prompt.Count - sequence.Computed, 0, count);
            Pool(sequence, firstRow, count);
            for (var i = 0; i < count; i++)
            {
                var position = sequence.Computed + i;
                if (position + 1 >= sequence.Count || (position + 1 >= sequence.NextPromptLogProb && position + 1 < sequence.Request.Prompt.Count))
                {
                    rows[wanted.Count] = firstRow + i;
                    wanted.Add((sequence, position, batch.Tokens[firstRow + i]));
                    Flush(logitRows);
                }
            }
        }

        Flush(1);
        foreach (var (sequence, _, count) in batch.Chunks)
        {
            if (sequence.IsEnded)
            {
                scheduler.Remove(sequence);
            }
            else
            {
                Advance(sequence, count);
                sequence.Table.Publish(sequence.Tokens[..sequence.Computed]);
            }
        }

        foreach (var (sequence, _, _) in batch.Chunks)
        {
            sequence.TellEnd();
        }

        return prompt;
    }

    /// <summary>Adds up in the order of the positions, so that neither chunks nor neighbours change a bit.</summary>
    private void Pool(Sequence sequence, int firstRow, int count)
    {
        var last = sequence.Request.Prompt.Count - 1;
        for (var i = 0; sequence.Request.Pooling is { } pooling && i < count && sequence.Computed + i <= last; i++)
        {
            var position = sequence.Computed + i;
            var hidden = runner.Hidden(firstRow + i);
            if (position == 0 || pooling == Pooling.Last)
            {
                sequence.Output.Pooled = hidden.ToArray();
            }
            else
            {
                Add.Invoke(hidden, sequence.Output.Pooled);
            }

            if (position == last)
            {
                Normalise(sequence.Output.Pooled);
            }
        }
    }

    /// <summary>To length 1: a mean and a sum have the same direction.</summary>
    private static void Normalise(Span<float> vector)
    {
        var squares = 0.0;
        foreach (var value in vector)
        {
            squares += (double)value * value;
        }

        for (var i = 0; i < vector.Length && squares > 0; i++)
        {
            vector[i] = (float)(vector[i] / Math.Sqrt(squares));
        }
    }

    /// <summary>Behind a wrong guess nothing is computed.</summary>
    private void Advance(Sequence sequence, int count)
    {
        var computed = sequence.Computed + count;
        sequence.Computed = Math.Min(computed, sequence.Count - 1);
        if (sequence.Guessed > 0)
        {
            var came = sequence.Guessed - (computed - sequence.Computed);
            Volatile.Write(ref guessed, guessed + sequence.Guessed);
            Volatile.Write(ref right, right + came);
            sequence.Judge(came);
        }
    }

    private void Flush(int least)
    {
        if (wanted.Count < least)
        {
            return;
        }

        var logits = runner.Logits(rows.AsSpan(0, wanted.Count));
        for (var i = 0; i < wanted.Count; i++)
        {
            var (sequence, position, token) = wanted[i];
            var row = logits.Slice(i * vocabularySize, vocabularySize);
            if (sequence.IsEnded || position >= sequence.Count || sequence.Tokens[position] != token)
            {
                // It said all, or this row was computed behind a wrong guess.
                continue;
            }

            if (!ArgMax.IsOrdered(row) || float.IsNegativeInfinity(ArgMax.Maximum(row)))
            {
                sequence.Fail(new NotFiniteLogitsException(position));
            }
            else if (position + 1 < sequence.Count)
            {
                sequence.Output.PromptLogProbs[position + 1] = Describe(row, sequence.Tokens[position + 1], isStop: false, sequence.Request);
                sequence.NextPromptLogProb = position + 2;
            }
            else
            {
                Continue(row, sequence);
            }
        }

        wanted.Clear();
    }

    private void Continue(ReadOnlySpan<float> logits, Sequence sequence)
    {
        if (sequence.RemainingNew == 0)
        {
            sequence.End(FinishReason.Length);
            return;
        }

        int token;
        try
        {
            token = sampler.Sample(logits, sequence);
        }
        catch (InferenceException e)
        {
            sequence.Fail(e);
            return;
        }

        var isStop = sequence.StopTokens.Contains(token);
        sequence.Output.Add(sequence.Request.LogProbs ? Describe(logits, token, isStop, sequence.Request) : new(token, isStop, float.NaN, null));
        Volatile.Write(ref generated, generated + 1);
        if (isStop)
        {
            sequence.End(FinishReason.Stop);
            return;
        }

        sequence.Append(token);
        sequence.Request.Constraint?.Accept(token);
        if (sequence.Request.Constraint?.IsComplete == true)
        {
            sequence.End(FinishReason.Stop);
        }
        else if (sequence.RemainingNew == 0)
        {
            sequence.End(FinishReason.Length);
        }
    }

    private GeneratedToken Describe(ReadOnlySpan<float> logits, int token, bool isStop, GenerationRequest request)
    {
        var whole = Softmax.LogSumExp(logits);
        var ids = candidates.AsSpan(0, Math.Min(request.TopLogProbs, vocabularySize));
        TopCandidates.Invoke(logits, ids);
        var top = new TokenLogProb[ids.Length];
        for (var i = 0; i < top.Length; i++)
        {
            top[i] = new(ids[i], logits[ids[i]] - whole);
        }

        return new(token, isStop, logits[token] - whole, top);
    }
}
