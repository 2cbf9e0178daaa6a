using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>
/// Largest-Triangle-Three-Buckets (Sveinn Steinarsson, "Downsampling Time Series for Visual Representation", 2013): keeps the first and the last point
/// and, of each bucket between, the point that spans the largest triangle with the point kept before it and the mean of the bucket after it.
/// Peaks survive, which a plain stride would lose.
/// </summary>
internal static class Lttb
{
    public static IReadOnlyList<MetricPoint> Thin(IReadOnlyList<MetricPoint> points, int most)
    {
        if (points.Count <= most || most < 3)
        {
            return points.Count <= most ? points : [.. points.Take(1), .. points.Skip(points.Count - most + 1)];
        }

        var kept = new List<MetricPoint>(most) { points[0] };
        var width = (points.Count - 2) / (double)(most - 2);
        for (var bucket = 0; bucket < most - 2; bucket++)
        {
            var (start, end) = (Edge(bucket), Edge(bucket + 1));
            var next = Mean(points, end, bucket == most - 3 ? points.Count : Edge(bucket + 2));
            kept.Add(points[Largest(points, start, end, kept[^1], next)]);
        }

        kept.Add(points[^1]);
        return kept;

        int Edge(int bucket) => 1 + (int)(bucket * width);
    }

    private static (double Step, double Value) Mean(IReadOnlyList<MetricPoint> points, int start, int end)
    {
        var (step, value) = (0.0, 0.0);
        for (var i = start; i < end; i++)
        {
            step += points[i].Step;
            value += points[i].Value;
        }

        return (step / (end - start), value / (end - start));
    }

    private static int Largest(IReadOnlyList<MetricPoint> points, int start, int end, MetricPoint before, (double Step, double Value) after)
    {
        var (best, largest) = (start, -1.0);
        for (var i = start; i < end; i++)
        {
            var area = Math.Abs(((before.Step - after.Step) * (points[i].Value - before.Value)) - ((before.Step - points[i].Step) * (after.Value - before.Value)));
            if (area > largest)
            {
                (best, largest) = (i, area);
            }
        }

        return best;
    }
}
