using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Asking;
using InternPlatform.Evaluation.Benchmarks;

namespace InternPlatform.Evaluation.Scoring;

/// <summary>A sample with the data set that its row is of.</summary>
internal sealed record SetSample(string DatasetArtifactId, SampleView Sample);

/// <summary>Two models on the same questions. A sample that failed for one of them is left out for both.</summary>
internal static class PairedSamples
{
    public static IReadOnlyList<PairedDifference> Compare(IReadOnlyList<SetSample> @base, IReadOnlyList<SetSample> other)
    {
        var answered = other.Where(IsAnswered).GroupBy(Key).ToDictionary(group => group.Key, group => group.First().Sample);
        return
        [
            .. @base.Where(IsAnswered).Where(sample => answered.ContainsKey(Key(sample))).DistinctBy(Key)
                .GroupBy(sample => (sample.Sample.Benchmark, sample.Sample.Dimension, sample.Sample.Mode, sample.Sample.Metric))
                .Select(group => Difference([.. group.Select(sample => (sample.Sample, answered[Key(sample)]))])).OfType<PairedDifference>(),
        ];
    }

    private static PairedDifference? Difference(IReadOnlyList<(SampleView Base, SampleView Other)> pairs)
    {
        var first = pairs[0].Base;
        return first.Mode == Measure.Perplexity ? Perplexity(pairs) : Share(pairs);
    }

    private static PairedDifference Share(IReadOnlyList<(SampleView Base, SampleView Other)> pairs)
    {
        var onlyBase = pairs.Count(pair => IsRight(pair.Base) && !IsRight(pair.Other));
        var onlyOther = pairs.Count(pair => !IsRight(pair.Base) && IsRight(pair.Other));
        var interval = Interval.Paired(onlyBase, onlyOther, pairs.Count);
        return Of(pairs, pairs.Count(pair => IsRight(pair.Base)) / (double)pairs.Count, pairs.Count(pair => IsRight(pair.Other)) / (double)pairs.Count, interval);
    }

    /// <summary>ln of the ratio is a mean over rows when both have the same tokens; with different tokenizers perplexities per token cannot be held against each other.</summary>
    private static PairedDifference? Perplexity(IReadOnlyList<(SampleView Base, SampleView Other)> pairs)
    {
        var texts = pairs.Select(pair => (Base: Scores.TextOf(pair.Base), Other: Scores.TextOf(pair.Other))).ToList();
        if (texts.Exists(text => text.Base.Tokens != text.Other.Tokens) || texts.Count < 2)
        {
            return null;
        }

        var before = Interval.Ratio([.. texts.Select(text => (text.Base.Nats, (double)text.Base.Tokens))]).Map(Math.Exp).Value;
        var change = Interval.Ratio([.. texts.Select(text => (text.Other.Nats - text.Base.Nats, (double)text.Base.Tokens))]).Map(log => before * (Math.Exp(log) - 1));
        return Of(pairs, before, before + change.Value, change);
    }

    private static PairedDifference Of(IReadOnlyList<(SampleView Base, SampleView Other)> pairs, double before, double after, Interval difference) => new()
    {
        Benchmark = pairs[0].Base.Benchmark,
        Dimension = pairs[0].Base.Dimension,
        Mode = pairs[0].Base.Mode,
        Metric = pairs[0].Base.Metric!,
        IsHeadline = IsHeadline(pairs[0].Base),
        Count = pairs.Count,
        Base = before,
        Other = after,
        Difference = difference.Value,
        Low = difference.Low,
        High = difference.High,
    };

    private static bool IsHeadline(SampleView sample)
    {
        var benchmark = BenchmarkList.Find(sample.Benchmark)!;
        return benchmark.IsHeadline(benchmark.Measures.First(measure => measure.Mode == sample.Mode && measure.Metric == sample.Metric), sample.Dimension);
    }

    private static bool IsRight(SampleView sample) => sample.Verdict == SampleTask.Right;

    private static bool IsAnswered(SetSample sample) => sample.Sample.Verdict != SampleTask.Failed;

    private static (string Set, string Benchmark, long Row, string Mode, string? Metric) Key(SetSample sample) =>
        (sample.DatasetArtifactId, sample.Sample.Benchmark, sample.Sample.Row, sample.Sample.Mode, sample.Sample.Metric);
}
