using InternPlatform.Contracts.Evaluation;

namespace InternPlatform.Portal.Clients;

/// <summary>Benchmarks, scores and samples.</summary>
public sealed class EvaluationClient(ServiceApi api)
{
    public const string Service = "evaluation";

    public Task<LeaderboardView> LeaderboardAsync(bool published, CancellationToken cancellationToken) =>
        api.GetAsync<LeaderboardView>(Service, published ? "leaderboard?published=true" : "leaderboard", cancellationToken);

    public Task<IReadOnlyList<BenchmarkView>> BenchmarksAsync(CancellationToken cancellationToken) =>
        api.GetAsync<IReadOnlyList<BenchmarkView>>(Service, "benchmarks", cancellationToken);

    public Task<ComparisonView> CompareAsync(Guid @base, Guid other, CancellationToken cancellationToken) =>
        api.GetAsync<ComparisonView>(Service, $"compare?base={@base}&other={other}", cancellationToken);

    public Task<SamplesView> SamplesAsync(Guid job, SampleQuery query, CancellationToken cancellationToken) =>
        api.GetAsync<SamplesView>(Service, query.Address($"jobs/{job}/samples"), cancellationToken);
}

/// <summary>Which samples of an evaluation are shown; null: not filtered by.</summary>
public sealed record SampleQuery(string? Dimension, string? Metric, string? Verdict, long? Index, long Offset)
{
    public const int PageSize = 20;

    public string Address(string path) => Query.Of(
        path, ("dimension", Dimension), ("metric", Metric), ("verdict", Verdict), ("index", Index?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("offset", Offset > 0 ? Offset.ToString(System.Globalization.CultureInfo.InvariantCulture) : null), ("limit", PageSize.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>The address of the page that shows them.</summary>
    public string Page(Guid job) => Query.Of(
        $"/eval/{job}", ("dimension", Dimension), ("metric", Metric), ("verdict", Verdict), ("index", Index?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("offset", Offset > 0 ? Offset.ToString(System.Globalization.CultureInfo.InvariantCulture) : null));
}
