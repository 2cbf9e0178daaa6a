namespace InternPlatform.Evaluation.Scoring;

/// <summary>A figure with its 95 % interval.</summary>
internal readonly record struct Interval(double Value, double Low, double High)
{
    private const double Z = 1.959963984540054;

    /// <summary>Wilson's interval of a share (1927): right at 0, at 1 and for few samples, where ±z·√(p(1−p)/n) is not.</summary>
    public static Interval Wilson(int right, int count)
    {
        var n = (double)count;
        var share = right / n;
        var middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n);
        var half = Z / (1 + Z * Z / n) * Math.Sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
        // The ends are exact: rounding must not put 0 of n at 1e-18.
        return new(share, right == 0 ? 0 : middle - half, right == count ? 1 : middle + half);
    }

    /// <summary>
    /// Difference of two shares over the same samples, by the counts of those that only one got right (Bonett and Price, 2012: one is added to each,
    /// so that no difference at all in a few samples is not taken for certainty).
    /// </summary>
    public static Interval Paired(int onlyBase, int onlyOther, int count)
    {
        var (lost, won) = ((onlyBase + 1.0) / (count + 2), (onlyOther + 1.0) / (count + 2));
        var half = Z * Math.Sqrt((lost + won - (won - lost) * (won - lost)) / (count + 2));
        return new((onlyOther - onlyBase) / (double)count, Math.Max(-1, won - lost - half), Math.Min(1, won - lost + half));
    }

    /// <summary>Σ sums / Σ weights with the interval of a ratio estimate over independent rows.</summary>
    public static Interval Ratio(IReadOnlyList<(double Sum, double Weight)> rows)
    {
        var weight = rows.Sum(row => row.Weight);
        var ratio = rows.Sum(row => row.Sum) / weight;
        if (rows.Count < 2)
        {
            return new(ratio, double.NaN, double.NaN);
        }

        var squares = rows.Sum(row => (row.Sum - ratio * row.Weight) * (row.Sum - ratio * row.Weight));
        var half = Z * Math.Sqrt(squares * rows.Count / (rows.Count - 1)) / weight;
        return new(ratio, ratio - half, ratio + half);
    }

    public Interval Map(Func<double, double> increasing) => new(increasing(Value), increasing(Low), increasing(High));
}
