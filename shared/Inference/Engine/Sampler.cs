using InternPlatform.Kernels.Cpu;

namespace InternPlatform.Inference.Engine;

/// <summary>Draws a token from a row of logits. Scratch is allocated once; used by the engine's thread only.</summary>
/// <param name="vocabularySize">V: rows of the output matrix.</param>
/// <param name="tokenizerSize">Tokens that have a spelling; rows beyond it are padding and never drawn.</param>
internal sealed class Sampler(int vocabularySize, int tokenizerSize)
{
    private const int FirstCandidates = 64;

    private readonly float[] work = new float[vocabularySize];
    private readonly int[] candidates = new int[vocabularySize];
    private readonly float[] kept = new float[vocabularySize];
    private readonly int[] counts = new int[vocabularySize];
    private readonly ulong[] mask = new ulong[(vocabularySize + 63) / 64];

    /// <param name="logits">The model's own logits, [V]; left as they are.</param>
    /// <param name="sequence">Its options, its tokens so far, its constraint.</param>
    /// <exception cref="ConstraintDeadEndException">Every token is masked.</exception>
    public int Sample(ReadOnlySpan<float> logits, Sequence sequence)
    {
        logits.CopyTo(work);
        work.AsSpan(tokenizerSize).Fill(float.NegativeInfinity);
        var options = sequence.Request.Sampling;
        foreach (var (token, bias) in sequence.Bias)
        {
            work[token] += bias;
        }

        if (options.HasPenalties)
        {
            Penalise(options, sequence);
        }

        Mask(sequence);
        var max = ArgMax.Maximum(work);
        if (float.IsNegativeInfinity(max))
        {
            throw new ConstraintDeadEndException(sequence.Count);
        }

        return options.Temperature == 0 ? ArgMax.Invoke(work) : Draw(options, max, SequenceRandom.Draw(options.Seed, sequence.Generated));
    }

    private void Penalise(SamplingOptions options, Sequence sequence)
    {
        var tokens = sequence.Tokens;
        var prompt = sequence.Request.Prompt.Count;
        foreach (var token in tokens[prompt..])
        {
            counts[token]++;
        }

        foreach (var token in tokens[prompt..])
        {
            if (counts[token] > 0)
            {
                work[token] -= options.PresencePenalty + (options.FrequencyPenalty * counts[token]);
                counts[token] = 0;
            }
        }

        if (options.RepetitionPenalty == 1)
        {
            return;
        }

        foreach (var token in tokens)
        {
            if (counts[token]++ == 0)
            {
                work[token] = work[token] > 0 ? work[token] / options.RepetitionPenalty : work[token] * options.RepetitionPenalty;
            }
        }

        foreach (var token in tokens)
        {
            counts[token] = 0;
        }
    }

    private void Mask(Sequence sequence)
    {
        if (sequence.Request.Constraint is { } constraint)
        {
            Array.Clear(mask);
            constraint.Allow(sequence.RemainingNew, mask);
            if (constraint.CanStop)
            {
                foreach (var token in sequence.StopTokens)
                {
                    mask[token >> 6] |= 1UL << (token & 63);
                }
            }

            for (var token = 0; token < vocabularySize; token++)
            {
                if ((mask[token >> 6] >> (token & 63) & 1) == 0)
                {
                    work[token] = float.NegativeInfinity;
                }
            }
        }

        if (sequence.Generated < sequence.Request.MinNewTokens)
        {
            foreach (var token in sequence.StopTokens)
            {
                work[token] = float.NegativeInfinity;
            }
        }
    }

    private int Draw(SamplingOptions options, float max, double uniform)
    {
        for (var i = 0; i < work.Length; i++)
        {
            work[i] = (work[i] - max) / options.Temperature;
        }

        Softmax.Invoke(work);
        if (options.TopK <= 0 && options.TopP >= 1 && options.MinP <= 0)
        {
            return Pick(work, uniform);
        }

        var count = Keep(options);
        return candidates[Pick(kept.AsSpan(0, count), uniform)];
    }

    /// <summary>Top-k, then top-p of what is left, then min-p; how many candidates stay.</summary>
    private int Keep(SamplingOptions options)
    {
        var limit = options.TopK > 0 ? Math.Min(options.TopK, work.Length) : work.Length;
        for (var count = options.TopK > 0 ? limit : Math.Min(FirstCandidates, limit); ; count = Math.Min(count * 4, limit))
        {
            TopCandidates.Invoke(work, candidates.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                kept[i] = work[candidates[i]];
            }

            var sum = Sum(kept.AsSpan(0, count));
            var whole = options.TopK > 0 ? sum : 1;
            var floor = options.MinP * kept[0];
            if (count == limit || sum >= options.TopP || kept[count - 1] < floor)
            {
                var nucleus = options.TopP >= 1 ? count : TopCandidates.Nucleus(kept.AsSpan(0, count), (float)(options.TopP * whole));
                while (nucleus > 1 && kept[nucleus - 1] < floor)
                {
                    nucleus--;
                }

                return nucleus;
            }
        }
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static int Pick(ReadOnlySpan<float> probabilities, double uniform)
    {
        var target = uniform * Sum(probabilities);
        var sum = 0.0;
        var last = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] > 0)
            {
                sum += probabilities[i];
                last = i;
                if (target < sum)
                {
                    return i;
                }
            }
        }

        return last;
    }
}
