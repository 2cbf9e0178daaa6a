using System.Runtime.InteropServices;

namespace InternPlatform.Catalog.Tokens;

/// <summary>
/// Which samples are trained on, and in which order: every source gives the same number of tokens as far as it goes. A smaller one is repeated, but only so
/// often; what it cannot give, the others do.
/// </summary>
/// <remarks>Beyond four passes over a text a model learns it by heart and little else: Muennighoff et al. 2023, "Scaling Data-Constrained Language Models".</remarks>
internal static class Mixture
{
    /// <summary>A sample of a source.</summary>
    internal readonly record struct Pick(int Source, int Sample);

    /// <param name="sources">Token counts of each source's samples.</param>
    /// <param name="tokenBudget">Upper bound for all together; no source gives more than the largest has.</param>
    /// <param name="mostPasses">How often a source is repeated at most.</param>
    /// <param name="seed">Fixes what is cut, and the order.</param>
    public static Pick[] Make(IReadOnlyList<IReadOnlyList<EncodedSample>> sources, long? tokenBudget, int mostPasses, int seed)
    {
        var sizes = sources.Select(samples => samples.Sum(sample => (long)sample.Count)).ToArray();
        var parts = PartsOf(sizes, tokenBudget ?? long.MaxValue, mostPasses);
        var picks = new List<Pick>();
        for (var source = 0; source < sources.Count; source++)
        {
            AddPart(picks, source, sources[source], sizes[source], parts[source], seed);
        }

        SeededOrder.Shuffle(CollectionsMarshal.AsSpan(picks), seed);
        return [.. picks];
    }

    /// <summary>Tokens that each source gives: the smallest first, and what it leaves of its share goes to those after it.</summary>
    private static long[] PartsOf(long[] sizes, long budget, int mostPasses)
    {
        var parts = new long[sizes.Length];
        var (left, sources) = (budget, sizes.Length);
        foreach (var source in Enumerable.Range(0, sizes.Length).OrderBy(source => sizes[source]))
        {
            var most = Math.Min(sizes[source] * mostPasses, sizes.Max());
            parts[source] = Math.Min(most, left / sources--);
            left -= parts[source];
        }

        return parts;
    }

    private static void AddPart(List<Pick> picks, int source, IReadOnlyList<EncodedSample> samples, long size, long part, int seed)
    {
        for (; size > 0 && part >= size; part -= size)
        {
            picks.AddRange(Enumerable.Range(0, samples.Count).Select(sample => new Pick(source, sample)));
        }

        var order = Enumerable.Range(0, samples.Count).ToArray();
        SeededOrder.Shuffle<int>(order, seed + source + 1);
        foreach (var sample in order)
        {
            if (samples[sample].Count <= part)
            {
                picks.Add(new Pick(source, sample));
                part -= samples[sample].Count;
            }
        }
    }
}
