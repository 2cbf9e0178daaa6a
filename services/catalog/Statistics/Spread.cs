namespace InternPlatform.Catalog.Statistics;

/// <summary>Where values lie: extremes, mean, median, and counts in bins of equal width.</summary>
internal sealed record Spread(double Minimum, double Maximum, double Mean, double Median, IReadOnlyList<long> Histogram)
{
    /// <param name="counts">How often each value occurs.</param>
    /// <param name="bins">Bins between the extremes; where all values are equal there is one.</param>
    public static Spread? Of(IReadOnlyDictionary<double, long> counts, int bins)
    {
        if (counts.Count == 0)
        {
            return null;
        }

        var ordered = counts.OrderBy(pair => pair.Key).ToList();
        var total = ordered.Sum(pair => pair.Value);
        var (minimum, maximum) = (ordered[0].Key, ordered[^1].Key);
        var histogram = new long[maximum > minimum ? bins : 1];
        foreach (var (value, count) in ordered)
        {
            var share = maximum > minimum ? (value - minimum) / (maximum - minimum) : 0;
            histogram[Math.Min(histogram.Length - 1, (int)(share * histogram.Length))] += count;
        }

        return new Spread(minimum, maximum, MeanOf(ordered, total), (At(ordered, (total - 1) / 2) + At(ordered, total / 2)) / 2, histogram);
    }

    /// <summary>With Neumaier's compensation: a sum of millions of values keeps its digits.</summary>
    private static double MeanOf(List<KeyValuePair<double, long>> ordered, long total)
    {
        var (sum, lost) = (0d, 0d);
        foreach (var (value, count) in ordered)
        {
            var term = value * count;
            var next = sum + term;
            lost += Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
            sum = next;
        }

        return (sum + lost) / total;
    }

    private static double At(List<KeyValuePair<double, long>> ordered, long place)
    {
        var at = 0;
        while (place >= ordered[at].Value)
        {
            place -= ordered[at++].Value;
        }

        return ordered[at].Key;
    }
}
