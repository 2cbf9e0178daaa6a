using System.Text.Json;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Asking;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation.Scoring;

/// <summary>Scores of a run's samples. Failed ones are counted beside a score, never in it; unparsed ones are wrong.</summary>
internal static class Scores
{
    public const string NatsPerByte = "nats_per_byte";

    public static IReadOnlyList<ScoreView> Of(EvaluateSpec spec, IEnumerable<SampleView> samples) =>
    [
        .. samples.GroupBy(sample => (sample.Suite, sample.Dimension, sample.Mode, sample.Metric)).OrderBy(group => group.First().Index).SelectMany(group => Score(spec, [.. group])),
    ];

    /// <summary>
    /// The score that a dimension is shown by; of several benchmarks the first in the list, so that a model which was also asked another set can still be held against
    /// one that was not.
    /// </summary>
    public static ScoreView? Headline(IEnumerable<ScoreView> scores, string dimension) =>
        scores.Where(score => score.IsHeadline && score.Dimension == dimension).MinBy(score => BenchmarkList.PlaceOf(score.Benchmark));

    /// <summary>Mean of the headline scores of the six dimensions that were asked; null where none was.</summary>
    public static double? Average(IReadOnlyList<ScoreView> scores)
    {
        var values = BenchmarkList.Dimensions.Select(dimension => Headline(scores, dimension)?.Value).OfType<double>().ToList();
        return values.Count == 0 ? null : values.Average();
    }

    private static IEnumerable<ScoreView> Score(EvaluateSpec spec, IReadOnlyList<SampleView> samples)
    {
        var empty = Empty(spec, samples);
        if (samples[0].Mode == Measure.Perplexity)
        {
            var texts = samples.Where(sample => sample.Verdict == SampleTask.Scored).Select(TextOf).ToList();
            yield return With(empty, texts.Count, texts.Count == 0 ? null : Interval.Ratio([.. texts.Select(text => (text.Nats, (double)text.Tokens))]).Map(Math.Exp));
            yield return With(
                empty with { Metric = NatsPerByte }, texts.Count, texts.Sum(text => text.Bytes) == 0 ? null : Interval.Ratio([.. texts.Select(text => (text.Nats, (double)text.Bytes))]));
            yield break;
        }

        var judged = samples.Count(sample => sample.Verdict != SampleTask.Failed);
        yield return With(empty, judged, judged == 0 ? null : Interval.Wilson(samples.Count(sample => sample.Verdict == SampleTask.Right), judged));
    }

    public static TextScore TextOf(SampleView sample) => sample.Details!.Value.Deserialize<TextScore>(PlatformJson.Options)!;

    private static ScoreView Empty(EvaluateSpec spec, IReadOnlyList<SampleView> samples)
    {
        var first = samples[0];
        var benchmark = BenchmarkList.Find(first.Benchmark)!;
        var measure = benchmark.Measures.First(measure => measure.Mode == first.Mode && measure.Metric == first.Metric);
        return new ScoreView
        {
            Benchmark = first.Benchmark,
            Dimension = first.Dimension,
            Mode = first.Mode,
            Metric = measure.Metric,
            IsHeadline = benchmark.IsHeadline(measure, first.Dimension),
            Count = 0,
            Failed = samples.Count(sample => sample.Verdict == SampleTask.Failed),
            Unparsed = samples.Count(sample => sample.Verdict == SampleTask.Unparsed),
            DatasetArtifactId = spec.Suites[first.Suite].DatasetArtifactId,
        };
    }

    private static ScoreView With(ScoreView score, int count, Interval? figure) => score with
    {
        Count = count,
        Value = figure?.Value,
        Low = Finite(figure?.Low),
        High = Finite(figure?.High),
    };

    /// <summary>One text alone has no interval.</summary>
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
