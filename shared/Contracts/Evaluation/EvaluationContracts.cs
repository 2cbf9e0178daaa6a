using System.Text.Json;

namespace InternPlatform.Contracts.Evaluation;

/// <summary>Spec of the evaluation job <c>evaluate</c>: asks a deployed model the questions of one or several suites.</summary>
public sealed record EvaluateSpec
{
    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the model in <c>/v1</c>: a deployment's name.</summary>
    public required string Model { get; init; }

    /// <summary>Artefact of that model, for the lineage and the leaderboard; null: what the deployment says.</summary>
    public string? ModelArtifactId { get; init; }
    public required IReadOnlyList<EvaluateSuite> Suites { get; init; }

    /// <summary>Requests under way at one time.</summary>
    public int Concurrency { get; init; } = 8;
    public int Seed { get; init; } = 1;
}

/// <summary>A data set and how its rows are asked.</summary>
public sealed record EvaluateSuite
{
    /// <summary>A name of <c>GET /api/evaluation/benchmarks</c>: <c>intern-sample</c>, <c>intern-tools</c>, <c>mmlu</c>, <c>gsm8k</c>, <c>xcopa</c>, <c>bbq</c>, <c>perplexity</c>, <c>multiple-choice</c>, <c>question-answer</c>.</summary>
    public required string Benchmark { get; init; }

    /// <summary>Artefact of a data-set version whose rows are records of the benchmark's columns.</summary>
    public required string DatasetArtifactId { get; init; }

    /// <summary>At most so many questions, drawn by the seed; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>Examples put before each question.</summary>
    public int FewShot { get; init; }
}

public sealed record EvaluateResult
{
    /// <summary>Artefact of kind <c>evaluation</c>: every sample as a line of <c>samples.jsonl</c>.</summary>
    public required string ArtifactId { get; init; }
    public required string ModelArtifactId { get; init; }
    public required IReadOnlyList<ScoreView> Scores { get; init; }

    /// <summary>Of the six dimensions, those that were asked: the mean of their headline scores.</summary>
    public double? Average { get; init; }
    public required long Samples { get; init; }
    public required long Failed { get; init; }
}

/// <summary>One figure with its interval.</summary>
public sealed record ScoreView
{
    public required string Benchmark { get; init; }

    /// <summary><c>exam</c>, <c>language</c>, <c>knowledge</c>, <c>understanding</c>, <c>reasoning</c>, <c>safety</c>, <c>tool</c>; null: none of them.</summary>
    public string? Dimension { get; init; }

    /// <summary><c>choice</c> (log-probability), <c>generation</c>, <c>perplexity</c>, <c>tool</c>.</summary>
    public required string Mode { get; init; }

    /// <summary><c>accuracy</c>, <c>exact_match</c>, <c>perplexity</c>, <c>call_exact</c>, <c>result_used</c>.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether the dimension is shown by it.</summary>
    public required bool IsHeadline { get; init; }

    /// <summary>Shares are between 0 and 1. Null where no sample could be scored; it is not 0.</summary>
    public double? Value { get; init; }

    /// <summary>95 % interval (Wilson for shares).</summary>
    public double? Low { get; init; }
    public double? High { get; init; }
    public required int Count { get; init; }

    /// <summary>Samples without an answer to judge; they are not in <see cref="Value"/>, and never hidden.</summary>
    public required int Failed { get; init; }

    /// <summary>Answers from which nothing could be extracted; they count as wrong.</summary>
    public required int Unparsed { get; init; }
    public required string DatasetArtifactId { get; init; }

    /// <summary>The job that measured it, on the leaderboard.</summary>
    public Guid? JobId { get; init; }
}

/// <summary>A line of the leaderboard: a model with its newest score for each benchmark.</summary>
public sealed record LeaderboardRow
{
    public required string Model { get; init; }
    public string? ModelArtifactId { get; init; }

    /// <summary><c>measured</c>, or <c>published</c> for the table of the InternLM report that ships as a fixture.</summary>
    public required string Origin { get; init; }
    public Guid? JobId { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Headline score of each dimension that was asked; a missing one was not asked.</summary>
    public required IReadOnlyDictionary<string, ScoreView> Dimensions { get; init; }
    public double? Average { get; init; }
    public required IReadOnlyList<ScoreView> Scores { get; init; }
}

/// <summary><c>GET /api/evaluation/leaderboard?published=</c>.</summary>
public sealed record LeaderboardView
{
    public required IReadOnlyList<LeaderboardRow> Rows { get; init; }
}

/// <summary><c>GET /api/evaluation/compare?base={jobId}&amp;other={jobId}</c>: differences over the samples that both answered.</summary>
public sealed record ComparisonView
{
    public required Guid BaseJobId { get; init; }
    public required Guid OtherJobId { get; init; }
    public required IReadOnlyList<PairedDifference> Differences { get; init; }
}

public sealed record PairedDifference
{
    public required string Benchmark { get; init; }
    public string? Dimension { get; init; }
    public required string Mode { get; init; }
    public required string Metric { get; init; }

    /// <summary>Whether the dimension is shown by it.</summary>
    public bool IsHeadline { get; init; }
    public required int Count { get; init; }
    public required double Base { get; init; }
    public required double Other { get; init; }
    public required double Difference { get; init; }

    /// <summary>95 % interval of the paired difference.</summary>
    public required double Low { get; init; }
    public required double High { get; init; }
}

/// <summary>A sample of <c>GET /api/evaluation/jobs/{id}/samples?benchmark=&amp;dimension=&amp;mode=&amp;metric=&amp;verdict=&amp;index=&amp;offset=&amp;limit=</c>.</summary>
public sealed record SampleView
{
    /// <summary>Place in the run, from 0.</summary>
    public required long Index { get; init; }

    /// <summary>Row of the data set, from 0.</summary>
    public required long Row { get; init; }

    /// <summary>Place of its suite in the spec, from 0.</summary>
    public int Suite { get; init; }
    public required string Benchmark { get; init; }
    public string? Dimension { get; init; }
    public required string Mode { get; init; }

    /// <summary>The metric of <see cref="ScoreView"/> that it counts for.</summary>
    public string? Metric { get; init; }

    /// <summary>As it was sent.</summary>
    public required string Prompt { get; init; }

    /// <summary>What the model wrote, or the log-probability of each choice.</summary>
    public required string Output { get; init; }
    public IReadOnlyList<ChoiceScore> Choices { get; init; } = [];
    public string? Extracted { get; init; }
    public required string Expected { get; init; }

    /// <summary><c>right</c>, <c>wrong</c>, <c>unparsed</c>, <c>failed</c>, <c>scored</c> (perplexity).</summary>
    public required string Verdict { get; init; }
    public string? Problem { get; init; }
    public JsonElement? Details { get; init; }
}

public sealed record ChoiceScore
{
    public required string Text { get; init; }

    /// <summary>Sum over the choice's tokens, in nats.</summary>
    public required double LogProbability { get; init; }
    public required int Tokens { get; init; }
}

public sealed record SamplesView
{
    public required long Total { get; init; }
    public required long Offset { get; init; }
    public required IReadOnlyList<SampleView> Samples { get; init; }
}

/// <summary>One entry of <c>GET /api/evaluation/benchmarks</c>.</summary>
public sealed record BenchmarkView
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    public string? Dimension { get; init; }
    public required string Mode { get; init; }

    /// <summary>Columns that a row must have; <c>a|b</c>: either.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Capabilities that the deployment must have.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Samples that each row gives.</summary>
    public int SamplesPerRow { get; init; } = 1;
}
