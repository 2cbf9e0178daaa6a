using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Evaluation.Samples;

/// <summary><c>GET /api/evaluation/jobs/{id}/samples</c>: those of a running or failed job, too, as far as they are there.</summary>
internal static class ReadSamples
{
    private const int MostSamples = 200;

    public static void Map(IEndpointRouteBuilder evaluation) => evaluation.MapGet("/jobs/{id}/samples", HandleAsync);

    public static async Task<Results<Ok<SamplesView>, ProblemHttpResult>> HandleAsync(
        string id, [AsParameters] SampleFilter filter, EvaluationDb db, IArtifactStore store, PlatformOptions options, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(id, out var jobId) || !await db.Jobs.AnyAsync(job => job.Id == jobId, cancellationToken))
        {
            return Problems.NoSuchEvaluation(id);
        }

        var (offset, limit) = (filter.Offset ?? 0, filter.Limit ?? 20);
        if (offset < 0 || limit is < 1 or > MostSamples)
        {
            return Problems.InvalidPage(offset < 0 ? "offset" : "limit", offset < 0 ? "The offset is 0 or more." : $"The limit is 1 to {MostSamples}.");
        }

        var samples = (await StoredSamples.ReadAsync(db, jobId, store, options, cancellationToken)).Where(filter.Fits).ToList();
        return TypedResults.Ok(new SamplesView { Total = samples.Count, Offset = offset, Samples = [.. samples.Skip((int)Math.Min(offset, int.MaxValue)).Take(limit)] });
    }
}

/// <summary>What is left out is not filtered by.</summary>
internal sealed record SampleFilter(
    string? Benchmark, string? Dimension, string? Mode, string? Metric, string? Verdict, long? Index, long? Offset, int? Limit)
{
    public bool Fits(SampleView sample) =>
        (Benchmark is null || sample.Benchmark == Benchmark) && (Dimension is null || sample.Dimension == Dimension) && (Mode is null || sample.Mode == Mode)
        && (Metric is null || sample.Metric == Metric) && (Verdict is null || sample.Verdict == Verdict) && (Index is null || sample.Index == Index);
}
