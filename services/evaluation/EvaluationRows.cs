using InternPlatform.Contracts.Evaluation;
using InternPlatform.Jobs;

namespace InternPlatform.Evaluation;

/// <summary>A finished evaluation; its id is its job's.</summary>
public sealed class EvaluationRow : IProjectOwned
{
    public required Guid JobId { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Model { get; init; }
    public required string ModelArtifactId { get; init; }
    public required string ArtifactId { get; init; }
    public required DateTimeOffset At { get; init; }
    public ICollection<ScoreRow> Scores { get; init; } = [];
}

/// <summary>One figure of an evaluation.</summary>
public sealed class ScoreRow : IProjectOwned
{
    public required Guid JobId { get; init; }

    /// <summary>Place in the result, from 0.</summary>
    public required int Position { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Benchmark { get; init; }
    public string? Dimension { get; init; }
    public required string Mode { get; init; }
    public required string Metric { get; init; }
    public required bool IsHeadline { get; init; }
    public double? Value { get; init; }
    public double? Low { get; init; }
    public double? High { get; init; }
    public required int Count { get; init; }
    public required int Failed { get; init; }
    public required int Unparsed { get; init; }
    public required string DatasetArtifactId { get; init; }

    public static ScoreRow Of(Guid jobId, Guid projectId, int position, ScoreView score) => new()
    {
        JobId = jobId,
        Position = position,
        ProjectId = projectId,
        Benchmark = score.Benchmark,
        Dimension = score.Dimension,
        Mode = score.Mode,
        Metric = score.Metric,
        IsHeadline = score.IsHeadline,
        Value = score.Value,
        Low = score.Low,
        High = score.High,
        Count = score.Count,
        Failed = score.Failed,
        Unparsed = score.Unparsed,
        DatasetArtifactId = score.DatasetArtifactId,
    };

    public ScoreView View() => new()
    {
        Benchmark = Benchmark,
        Dimension = Dimension,
        Mode = Mode,
        Metric = Metric,
        IsHeadline = IsHeadline,
        Value = Value,
        Low = Low,
        High = High,
        Count = Count,
        Failed = Failed,
        Unparsed = Unparsed,
        DatasetArtifactId = DatasetArtifactId,
        JobId = JobId,
    };
}
