using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Evaluation.Scoring;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation.Leaderboard;

/// <summary>A line for each model: the newest score of each benchmark, dimension and metric.</summary>
internal static class LeaderboardRows
{
    public static async Task<IReadOnlyList<LeaderboardRow>> ReadAsync(EvaluationDb db, bool published, CancellationToken cancellationToken)
    {
        // Ids are UUIDs of version 7: the newest job is the last.
        var evaluations = await db.Evaluations.AsNoTracking().Include(row => row.Scores).OrderByDescending(row => row.JobId).ToListAsync(cancellationToken);
        var measured = evaluations.GroupBy(evaluation => evaluation.ModelArtifactId).Select(model => Row([.. model]));
        // Best average first; those without one behind, newest first.
        return [.. measured.Concat(published ? PublishedTable.Rows : []).OrderByDescending(row => row.Average ?? double.NegativeInfinity).ThenByDescending(row => row.At)];
    }

    private static LeaderboardRow Row(IReadOnlyList<EvaluationRow> newestFirst)
    {
        var scores = newestFirst.SelectMany(evaluation => evaluation.Scores.OrderBy(score => score.Position).Select(score => score.View()))
            .DistinctBy(score => (score.Benchmark, score.Dimension, score.Mode, score.Metric)).ToList();
        var headlines = BenchmarkList.Dimensions.Append(BenchmarkList.ToolDimension)
            .Select(dimension => Scores.Headline(scores, dimension)).OfType<ScoreView>().ToDictionary(score => score.Dimension!);
        // Not simply the newest: a model asked one more set is still compared by the evaluation that most of its line comes from.
        var job = headlines.Values.GroupBy(score => score.JobId).MaxBy(group => group.Count())?.Key ?? newestFirst[0].JobId;
        return new LeaderboardRow
        {
            Model = newestFirst[0].Model,
            ModelArtifactId = newestFirst[0].ModelArtifactId,
            Origin = "measured",
            JobId = job,
            At = newestFirst[0].At,
            Dimensions = headlines,
            Average = Scores.Average(scores),
            Scores = scores,
        };
    }
}
