namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>Which rows are asked: the same for the same seed, and for a larger limit the same ones and more.</summary>
internal static class RowDraw
{
    /// <summary>So many different numbers below <paramref name="rows"/>, in the order of a shuffle of which only this much is carried out.</summary>
    public static IReadOnlyList<long> Draw(int seed, long rows, long count)
    {
        var random = new Random(seed);
        Dictionary<long, long> moved = [];
        List<long> drawn = [];
        for (long i = 0; i < Math.Min(count, rows); i++)
        {
            var other = random.NextInt64(i, rows);
            drawn.Add(moved.GetValueOrDefault(other, other));
            moved[other] = moved.GetValueOrDefault(i, i);
        }

        return drawn;
    }
}
