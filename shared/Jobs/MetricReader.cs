using System.Collections.Concurrent;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>Series of jobs, read from their files and kept in memory as far as they have been read; the least recently asked-for job goes first.</summary>
internal sealed class MetricReader
{
    private const int KeptJobs = 16;
    private readonly ConcurrentDictionary<string, JobSeries> jobs = new(StringComparer.Ordinal);
    private long clock;

    /// <param name="path">The job's metrics file.</param>
    /// <param name="names">Null: all.</param>
    /// <param name="from">First step.</param>
    /// <param name="to">Last step.</param>
    /// <param name="most">Points per series; more are thinned.</param>
    public IReadOnlyList<MetricSeries> Read(string path, IReadOnlyCollection<string>? names, long from, long to, int most)
    {
        var series = jobs.GetOrAdd(path, _ => new JobSeries());
        series.LastUse = Interlocked.Increment(ref clock);
        var found = series.Read(path, names, from, to);
        if (jobs.Count > KeptJobs && jobs.MinBy(job => job.Value.LastUse) is { Key: { } oldest })
        {
            jobs.TryRemove(oldest, out _);
        }

        return [.. found.Select(one => one with { Points = Lttb.Thin(one.Points, most) })];
    }

    private sealed class JobSeries
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, SortedList<long, double>> series = new(StringComparer.Ordinal);
        private long offset;

        public long LastUse { get; set; }

        public List<MetricSeries> Read(string path, IReadOnlyCollection<string>? names, long from, long to)
        {
            lock (gate)
            {
                foreach (var (end, point) in JobSeriesFile.Read<StoredPoint>(path, offset, int.MaxValue))
                {
                    if (!series.TryGetValue(point.Name, out var points))
                    {
                        series.Add(point.Name, points = []);
                    }

                    points[point.Step] = point.Value;
                    offset = end;
                }

                return [.. series.Where(one => names is null || names.Contains(one.Key)).OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new MetricSeries
                {
                    Name = one.Key,
                    TotalPoints = one.Value.Count,
                    Points = [.. one.Value.Where(point => point.Key >= from && point.Key <= to).Select(point => new MetricPoint { Step = point.Key, Value = point.Value })],
                })];
            }
        }
    }
}
