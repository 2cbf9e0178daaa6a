using System.Text.Json;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Portal.Tests;

/// <summary>Evaluations of three measured models and a published one.</summary>
internal static class EvalSamples
{
    public static IReadOnlyList<BenchmarkView> Benchmarks { get; } =
    [
        new() { Name = "intern-sample", Title = "Six dimensions", Mode = "choice", Columns = ["dimension", "question"], Needs = ["completions"], SamplesPerRow = 2 },
        new() { Name = "perplexity", Title = "Perplexity", Mode = "perplexity", Columns = ["text"], Needs = ["completions"], SamplesPerRow = 1 },
    ];

    public static readonly Guid BaseJob = new("01935f00-0000-7000-8000-000000000011");
    public static readonly Guid TunedJob = new("01935f00-0000-7000-8000-000000000012");
    private static readonly string[] Six = ["exam", "language", "knowledge", "understanding", "reasoning", "safety"];

    public static LeaderboardView Board { get; } = new()
    {
        Rows = [Measured("tuned-model", 'd', TunedJob, [.78, .77, .58, .45, .36, 1]), Measured("base-model", 'e', BaseJob, [.3, .38, .29, .4, .35, .67]), Published],
    };

    public static LeaderboardView MeasuredOnly { get; } = new() { Rows = [.. Board.Rows.Take(2)] };

    public static ComparisonView Comparison { get; } = new()
    {
        BaseJobId = BaseJob,
        OtherJobId = TunedJob,
        Differences =
        [
            new() { Benchmark = "intern-sample", Dimension = "exam", Mode = "choice", Metric = "accuracy", Count = 200, Base = .3, Other = .78, Difference = .48, Low = .4, High = .56 },
            new() { Benchmark = "intern-sample", Dimension = "reasoning", Mode = "choice", Metric = "accuracy", Count = 200, Base = .35, Other = .36, Difference = .01, Low = -.08, High = .1 },
        ],
    };

    public static SampleView Choice { get; } = new()
    {
        Index = 7,
        Row = 3,
        Benchmark = "intern-sample",
        Dimension = "exam",
        Mode = "choice",
        Metric = "accuracy",
        Prompt = "<s><|im_start|>user\n3 + 4 = ?<|im_end|>\n<|im_start|>assistant\n",
        Output = "7: -0.2  8: -1.5",
        Choices = [new() { Text = "7", LogProbability = -.2, Tokens = 1 }, new() { Text = "8", LogProbability = -1.5, Tokens = 1 }],
        Extracted = "7",
        Expected = "7",
        Verdict = "right",
    };

    public static SampleView Silent { get; } = Choice with { Index = 8, Mode = "generation", Metric = "exact_match", Output = "", Choices = [], Extracted = null, Verdict = "unparsed", Problem = "The model wrote nothing." };

    public static SamplesView Page { get; } = new() { Total = 2, Offset = 0, Samples = [Choice, Silent] };

    private static LeaderboardRow Published => new()
    {
        Model = "InternLM-20B",
        Origin = "published",
        At = Samples.Now.AddYears(-3),
        Dimensions = Six.Take(5).Select((dimension, i) => Score(dimension, [.625, .55, .601, .673, .549], i) with { Count = 0, Low = null, High = null }).ToDictionary(score => score.Dimension!),
        Average = .593,
        Scores = [],
    };

    public static JobView Job(JobState state) => Samples.Job(state, "evaluate", "evaluation") with
    {
        Name = "six dimensions",
        Progress = new() { Done = 10, Total = 20, Unit = "samples" },
        Spec = Json(new EvaluateSpec { Name = "six dimensions", Model = "tuned-model", Suites = [new EvaluateSuite { Benchmark = "intern-sample", DatasetArtifactId = Samples.Artifact('a'), Limit = 200 }] }),
        Result = state == JobState.Succeeded
            ? Json(new EvaluateResult
            {
                ArtifactId = Samples.Artifact('f'),
                ModelArtifactId = Samples.Artifact('d'),
                Scores = [Score("exam", [.78], 0), Score("exam", [.2], 0) with { Mode = "generation", Metric = "exact_match", IsHeadline = false, Unparsed = 5, Failed = 2 }],
                Average = .78,
                Samples = 402,
                Failed = 2,
            })
            : null,
    };

    private static LeaderboardRow Measured(string model, char artifact, Guid job, double[] values)
    {
        var scores = Six.Select((dimension, i) => Score(dimension, values, i) with { JobId = job }).ToList();
        return new LeaderboardRow
        {
            Model = model,
            ModelArtifactId = Samples.Artifact(artifact),
            Origin = "measured",
            JobId = job,
            At = Samples.Now,
            Dimensions = scores.ToDictionary(score => score.Dimension!),
            Average = values.Average(),
            Scores = scores,
        };
    }

    private static ScoreView Score(string dimension, double[] values, int at) => new()
    {
        Benchmark = "intern-sample",
        Dimension = dimension,
        Mode = "choice",
        Metric = "accuracy",
        IsHeadline = true,
        Value = values[at],
        Low = values[at] - .05,
        High = values[at] + .05,
        Count = 200,
        Failed = 0,
        Unparsed = 0,
        DatasetArtifactId = Samples.Artifact('a'),
    };

    private static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value, PlatformJson.Options);
}
