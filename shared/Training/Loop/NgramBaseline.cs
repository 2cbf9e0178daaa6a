using InternPlatform.Training.Data;

namespace InternPlatform.Training.Loop;

/// <summary>Losses of counting models on the same scored tokens that the network is measured on: what a network must beat to have learnt anything.</summary>
/// <remarks>
/// Counts are of scored training tokens. Unigram: add-one. Bigram: Dirichlet smoothing towards the unigram,
/// p(b | a) = (n(a, b) + p(b)) / (n(a) + 1).
/// </remarks>
internal sealed class NgramBaseline
{
    private readonly long[] single;
    private readonly long[] context;
    private readonly Dictionary<long, int> pairs = [];
    private long total;

    public NgramBaseline(IEnumerable<TokenSamples> training, int vocabularySize)
    {
        (single, context) = (new long[vocabularySize], new long[vocabularySize]);
        foreach (var samples in training)
        {
            for (var i = 0; i < samples.Count; i++)
            {
                Count(samples[i]);
            }
        }
    }

    public (HeldOutLoss Unigram, HeldOutLoss Bigram) Loss(TokenSamples samples)
    {
        var (unigram, bigram, scored) = (0.0, 0.0, 0L);
        for (var i = 0; i < samples.Count; i++)
        {
            var sample = samples[i];
            for (var t = 1; t < sample.Length; t++)
            {
                if (sample[t] > 0)
                {
                    unigram -= Math.Log(Single(sample[t]));
                    bigram -= Math.Log(Pair(Math.Abs(sample[t - 1]), sample[t]));
                    scored++;
                }
            }
        }

        return (new(unigram, scored), new(bigram, scored));
    }

    private void Count(ReadOnlySpan<int> sample)
    {
        for (var t = 1; t < sample.Length; t++)
        {
            if (sample[t] > 0)
            {
                var before = Math.Abs(sample[t - 1]);
                single[sample[t]]++;
                context[before]++;
                total++;
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(pairs, Key(before, sample[t]), out _)++;
            }
        }
    }

    private double Single(int b) => (single[b] + 1.0) / (total + single.Length);

    private double Pair(int a, int b) => (pairs.GetValueOrDefault(Key(a, b)) + Single(b)) / (context[a] + 1);

    private long Key(int a, int b) => ((long)a * single.Length) + b;
}
