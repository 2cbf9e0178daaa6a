using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Jobs;

namespace InternPlatform.Evaluation;

/// <summary>Puts the scores on the leaderboard and tells catalog of the artefact, in the transaction that marks the job as succeeded.</summary>
internal static class EvaluationDone
{
    public static ValueTask Record(JobCompletion<EvaluationDb, EvaluateSpec, EvaluateResult> done, CancellationToken cancellationToken)
    {
        var (job, spec, result) = (done.Job, done.Spec, done.Result);
        done.Db.Evaluations.Add(new EvaluationRow
        {
            JobId = job.Id,
            ProjectId = job.ProjectId,
            Model = spec.Model,
            ModelArtifactId = result.ModelArtifactId,
            ArtifactId = result.ArtifactId,
            At = job.EndedAt ?? job.StartedAt ?? job.CreatedAt,
            Scores = [.. result.Scores.Select((score, i) => ScoreRow.Of(job.Id, job.ProjectId, i, score))],
        });
        done.Outbox.Add(new ArtifactProduced
        {
            ArtifactId = result.ArtifactId,
            Kind = "evaluation",
            Name = spec.Name,
            Service = EvaluationService.Name,
            JobId = job.Id,
            ProjectId = job.ProjectId,
            Inputs = [result.ModelArtifactId, .. spec.Suites.Select(suite => suite.DatasetArtifactId).Distinct()],
            Figures = Figures(result),
        });
        return ValueTask.CompletedTask;
    }

    private static Dictionary<string, double> Figures(EvaluateResult result)
    {
        var figures = new Dictionary<string, double> { ["samples"] = result.Samples, ["failed"] = result.Failed };
        if (result.Average is { } average)
        {
            figures["average"] = average;
        }

        foreach (var score in result.Scores.Where(score => score.Value is not null && (score.IsHeadline || score.Dimension is null)))
        {
            figures.TryAdd(score.Dimension ?? $"{score.Benchmark}/{score.Metric}", score.Value!.Value);
        }

        return figures;
    }
}
