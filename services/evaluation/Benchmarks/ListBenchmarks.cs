using InternPlatform.Contracts.Evaluation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary><c>GET /api/evaluation/benchmarks</c>.</summary>
internal static class ListBenchmarks
{
    public static void Map(IEndpointRouteBuilder evaluation) => evaluation.MapGet("/benchmarks", Handle);

    public static Ok<IReadOnlyList<BenchmarkView>> Handle() => TypedResults.Ok<IReadOnlyList<BenchmarkView>>([.. BenchmarkList.All.Select(benchmark => benchmark.View())]);
}
