using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Services.Tests.Pipelines;

/// <summary>What the services that a plan drives answer, with figures that are easy to find again.</summary>
internal static class DownstreamResults
{
    private static readonly string[] Dimensions = ["exam", "language", "knowledge", "understanding", "reasoning", "safety"];

    public static object Of(string kind, Guid id) => kind switch
    {
        "import" => new ImportResult { DatasetId = id, Version = 1, ArtifactId = $"dataset-{id}", Rows = 7, Bytes = 70, RejectedRows = 0, Rejected = [] },
        "clean" => new CleanResult { DatasetId = id, Version = 1, ArtifactId = $"clean-{id}", RowsIn = 7, RowsOut = 6, Steps = [] },
        "tokenizer" => new TokenizerResult { ArtifactId = "tokenizer", VocabularySize = 2048, BytesPerToken = 3.5 },
        "tokenize" => new TokenizeResult { ArtifactId = "shards", TrainTokens = 1000, ValidationTokens = 20, TrainSamples = 9 },
        "sft" => new SftResult
        {
            ModelArtifactId = $"tuned-{id}",
            Steps = 10,
            Tokens = 900,
            ScoredTokens = 300,
            TrainableParameters = 5,
            Parameters = 50,
            ValidationLossBefore = 2,
            ValidationLossAfter = 1,
            Rows = new SftRows { Read = 9, Used = 9, NotDialogues = 0, WithoutAnswer = 0, Cut = 0, CutAway = 0 },
            Answers = [],
            WeightsSha256 = "w",
            LossLogSha256 = "l",
        },
        "pretrain" => new PretrainResult
        {
            ModelArtifactId = "model",
            Steps = 10,
            Tokens = 1000,
            Parameters = 5,
            ValidationLoss = 0.7,
            ValidationPerplexity = 2.01,
            UnigramPerplexity = 222,
            BigramPerplexity = 9.1,
            Sources =
            [
                new() { Name = "built-in-sample-clean", ScoredTokens = 10, Perplexity = 1.5, UnigramPerplexity = 200, BigramPerplexity = 7 },
                new() { Name = "tour-text-clean", ScoredTokens = 10, Perplexity = 24.7, UnigramPerplexity = 299, BigramPerplexity = 68 },
            ],
            WeightsSha256 = "w",
            LossLogSha256 = "l",
        },
        _ => new { },
    };

    public static QuantizeResult Quantized(int bits, Func<int, double> ratio) => new()
    {
        ModelArtifactId = $"int{bits}",
        Bits = bits,
        WeightBytes = bits,
        OriginalWeightBytes = 32,
        Perplexity = 2.01 * ratio(bits),
        OriginalPerplexity = 2.01,
        PerplexityRatio = ratio(bits),
        PerplexityTokens = 20,
        Errors = [],
    };

    public static EvaluateResult Evaluated(double? average) => new()
    {
        ArtifactId = "evaluation",
        ModelArtifactId = "m",
        Average = average,
        Samples = 20,
        Failed = 0,
        Scores =
        [
            .. Dimensions.Select(dimension => Score("intern-sample", dimension, "choice", "accuracy", average)),
            Score("intern-tools", "tool", "tool", "call_exact", average is null ? null : 0.97),
        ],
    };

    public static ComparisonView Comparison(Guid first, Guid second, Func<double> low)
    {
        var lower = low();
        return new()
        {
            BaseJobId = first,
            OtherJobId = second,
            Differences = [.. Dimensions.Select(dimension => new PairedDifference
            {
                Benchmark = "intern-sample", Dimension = dimension, Mode = "choice", Metric = "accuracy", IsHeadline = true, Count = 20, Base = 0.3, Other = 0.5, Difference = 0.2, Low = lower, High = 0.3,
            })],
        };
    }

    public static AgentView Agent(Guid id, CreateAgent asked) => new()
    {
        Id = id,
        Name = asked.Name,
        Model = asked.Model,
        Strategy = asked.Strategy,
        Tools = asked.Tools,
        MaxSteps = asked.MaxSteps,
        MaxRepairs = asked.MaxRepairs,
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };

    public static AgentRunView AgentRun(Guid id, Guid agent, AgentRunState state, string? answer) => new()
    {
        Id = id,
        AgentId = agent,
        AgentName = "tour",
        Question = "What is 4821 plus 3492?",
        State = state,
        Answer = answer,
        Steps = answer is null ? [] : [new() { Number = 1, Kind = "tool-call", Tool = "calculator", Result = "8313", Status = "ok", At = TimeProvider.System.GetUtcNow() }],
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };

    private static ScoreView Score(string benchmark, string dimension, string mode, string metric, double? value) => new()
    {
        Benchmark = benchmark,
        Dimension = dimension,
        Mode = mode,
        Metric = metric,
        IsHeadline = true,
        Value = value,
        Count = 20,
        Failed = 0,
        Unparsed = 0,
        DatasetArtifactId = "questions",
    };
}
