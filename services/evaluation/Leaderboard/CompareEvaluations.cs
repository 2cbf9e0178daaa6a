using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Samples;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation.Leaderboard;

/// <summary><c>GET /api/evaluation/compare?base=&amp;other=</c>: two finished evaluations, over the samples that both answered.</summary>
internal static class CompareEvaluations
{
    public static void Map(IEndpointRouteBuilder evaluation) => evaluation.MapGet("/compare", HandleAsync);

    public static async Task<Results<Ok<ComparisonView>, ProblemHttpResult>> HandleAsync(
        Guid @base, Guid other, EvaluationDb db, IArtifactStore store, PlatformOptions options, CancellationToken cancellationToken)
    {
        foreach (var id in (Guid[])[@base, other])
        {
            if (!await db.Jobs.AnyAsync(job => job.Id == id, cancellationToken))
            {
                return Problems.NoSuchEvaluation($"{id}");
            }

            if (!await db.Evaluations.AnyAsync(row => row.JobId == id, cancellationToken))
            {
                return Problems.NotFinished(id);
            }
        }

        var differences = Scoring.PairedSamples.Compare(await ReadAsync(@base), await ReadAsync(other));
        return TypedResults.Ok(new ComparisonView { BaseJobId = @base, OtherJobId = other, Differences = differences });

        async Task<IReadOnlyList<Scoring.SetSample>> ReadAsync(Guid id)
        {
            var row = await db.Evaluations.AsNoTracking().Include(evaluation => evaluation.Scores).SingleAsync(evaluation => evaluation.JobId == id, cancellationToken);
            var spec = await db.Jobs.AsNoTracking().Where(job => job.Id == row.JobId).Select(job => job.Spec).SingleAsync(cancellationToken);
            var suites = System.Text.Json.JsonSerializer.Deserialize<EvaluateSpec>(spec, PlatformJson.Options)!.Suites;
            var samples = await StoredSamples.ReadAsync(db, id, store, options, cancellationToken);
            return [.. samples.Select(sample => new Scoring.SetSample(suites[sample.Suite].DatasetArtifactId, sample))];
        }
    }
}
