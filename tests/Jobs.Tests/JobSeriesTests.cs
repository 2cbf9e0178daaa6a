using System.Text;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Jobs.Tests;

public sealed class JobSeriesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Metrics => Path.Join(folder.Path, "metrics.jsonl");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_repeated_step_replaces()
    {
        Write((1, 1), (2, 2), (3, 3));
        Write((2, 20), (3, 30), (4, 40));

        Assert.Equal([(1, 1), (2, 20), (3, 30), (4, 40)], Points());
    }

    [Fact]
    public void A_torn_last_record_is_dropped_at_every_length()
    {
        Write((1, 1), (2, 2));
        var whole = File.ReadAllBytes(Metrics);
        var lastLine = whole.Length - (Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1);
        for (var cut = 1; cut <= lastLine; cut++)
        {
            File.WriteAllBytes(Metrics, whole[..^cut]);
            Assert.Equal([(1, 1)], Points());

            Write((2, 5));
            Assert.Equal([(1, 1), (2, 5)], Points());
        }
    }

    [Fact]
    public void Reading_goes_on_from_any_line_and_sees_what_came_since()
    {
        Write([.. Enumerable.Range(1, 5_000).Select(step => (step, step))]);
        var lines = JobSeriesFile.Read<StoredPoint>(Metrics, 0, int.MaxValue).ToList();
        Assert.Equal(5_000, lines.Count);
        Assert.Equal(lines[^1].End, JobSeriesFile.End(Metrics));

        Assert.Equal(4_001, JobSeriesFile.Read<StoredPoint>(Metrics, lines[3_999].End, 1).Single().Line.Step);
        Assert.Empty(JobSeriesFile.Read<StoredPoint>(Metrics, lines[^1].End, 10));
        Assert.True(JobSeriesFile.IsLineEnd(Metrics, lines[7].End));
        Assert.False(JobSeriesFile.IsLineEnd(Metrics, lines[7].End + 1));
        Assert.Empty(JobSeriesFile.Read<StoredPoint>(Path.Join(folder.Path, "none"), 0, 10));
    }

    [Fact]
    public void A_line_may_be_longer_than_any_buffer()
    {
        using (var file = new JobSeriesFile(Metrics))
        {
            file.Append(Encoding.UTF8.GetBytes($$"""{"n":"{{new string('x', 300_000)}}","s":1,"v":2}"""));
        }

        Assert.Equal(300_000, JobSeriesFile.Read<StoredPoint>(Metrics, 0, 1).Single().Line.Name.Length);
        File.AppendAllText(Metrics, new string('y', 20_000));
        Assert.Equal(300_021, JobSeriesFile.End(Metrics));
    }

    [Fact]
    public void A_reader_that_has_read_before_sees_new_points()
    {
        var reader = new MetricReader();
        Write((1, 1));
        Assert.Equal(1, reader.Read(Metrics, null, 0, 10, 10).Single().TotalPoints);

        Write((1, 7), (2, 2));

        Assert.Equal([7, 2], reader.Read(Metrics, null, 0, 10, 10).Single().Points.Select(point => point.Value));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(50)]
    [InlineData(999)]
    public void Thinning_keeps_ends_order_and_peaks(int most)
    {
        var points = Enumerable.Range(0, 1_000).Select(i => new MetricPoint { Step = i, Value = i == 617 ? 1_000 : Math.Sin(i / 50.0) }).ToList();

        var kept = Lttb.Thin(points, most);

        Assert.Equal(most, kept.Count);
        Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
        Assert.Contains(kept, point => point.Step == 617);
        Assert.Equal(kept.Select(point => point.Step).Order(), kept.Select(point => point.Step));
        Assert.Equal(kept.Count, kept.Distinct().Count());
    }

    [Fact]
    public void Thinning_chooses_what_the_paper_chooses()
    {
        // Worked by hand: buckets {1,2} and {3,4}. From (0,0) and the mean (3.5, 4): areas of (1,5) and (2,1) are |−3.5·5+4| = 13.5 and |−3.5+8| = 4.5.
        // From (1,5) and the end (5,0): areas of (3,8) and (4,0) are |−4·3+10| … = 22 and |−4·−5−15|… = 5.
        MetricPoint[] points = [P(0, 0), P(1, 5), P(2, 1), P(3, 8), P(4, 0), P(5, 0)];

        Assert.Equal([0, 1, 3, 5], Lttb.Thin(points, 4).Select(point => point.Step));
        Assert.Equal(points, Lttb.Thin(points, 6));
        Assert.Equal([0, 5], Lttb.Thin(points, 2).Select(point => point.Step));
        Assert.Empty(Lttb.Thin([], 3));

        static MetricPoint P(long step, double value) => new() { Step = step, Value = value };
    }

    private void Write(params (int Step, int Value)[] points)
    {
        using var file = new JobSeriesFile(Metrics);
        foreach (var (step, value) in points)
        {
            file.Append(Encoding.UTF8.GetBytes($$"""{"n":"loss","s":{{step}},"v":{{value}}}"""));
        }
    }

    private IEnumerable<(int, int)> Points()
        => new MetricReader().Read(Metrics, ["loss"], long.MinValue, long.MaxValue, 100).Single().Points.Select(point => ((int)point.Step, (int)point.Value));
}
