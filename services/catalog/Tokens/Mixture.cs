using System.Runtime.InteropServices;

namespace InternPlatform.Catalog.Tokens;

/// <summary>
/// Which samples are trained on, and in which order: every source gives the same number of tokens; a smaller one is repeated as a whole, a larger one is cut.
/// </summary>
internal static class Mixture
{
    /// <summary>A sample of a source.</summary>
    internal readonly record struct Pick(int Source, int Sample);

    /// <param name="sources">Token counts of each source's samples.</param>
    /// <param name="tokenBudget">Upper bound for all together; null: as much as the largest source allows.</param>
    /// <param name="seed">Fixes what is cut, and the order.</param>
    public static Pick[] Make(IReadOnlyList<IReadOnlyList<EncodedSample>> sources, long? tokenBudget, int seed)
    {
        var sizes = sources.Select(samples => samples.Sum(sample => (long)sample.Count)).ToArray();
        var part = PartOf(sizes, tokenBudget);
        var picks = new List<Pick>();
        for (var source = 0; source < sources.Count; source++)
        {
            AddPart(picks, source, sources[source], sizes[source], part, seed);
        }

        SeededOrder.Shuffle(CollectionsMarshal.AsSpan(picks), seed);
        return [.. picks];
    }

    /// <summary>Tokens that each source gives: the smallest one's, as often as it fits into the largest one.</summary>
    private static long PartOf(long[] sizes, long? tokenBudget)
    {
        var part = sizes.Max() / sizes.Min() * sizes.Min();
        return tokenBudget is { } budget ? Math.Min(part, Math.Max(1, budget / sizes.Length)) : part;
    }

    private static void AddPart(List<Pick> picks, int source, IReadOnlyList<EncodedSample> samples, long size, long part, int seed)
    {
        for (; part >= size; part -= size)
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
