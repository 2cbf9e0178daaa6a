using InternPlatform.Contracts.Evaluation;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace InternPlatform.Evaluation.Leaderboard;

/// <summary>
/// <c>GET /api/evaluation/leaderboard?published=</c>; as a file with <c>?format=csv</c> or <c>?format=md</c>, or an <c>Accept</c> of <c>text/csv</c> or <c>text/markdown</c>.
/// </summary>
internal static class GetLeaderboard
{
    public static void Map(IEndpointRouteBuilder evaluation) => evaluation.MapGet("/leaderboard", HandleAsync);

    public static async Task<Results<Ok<LeaderboardView>, FileContentHttpResult, ProblemHttpResult>> HandleAsync(
        HttpRequest request, EvaluationDb db, CancellationToken cancellationToken, bool published = false, string? format = null)
    {
        var wanted = format ?? Accepted(request);
        if (wanted is not (null or "json" or "csv" or "md"))
        {
            return Problems.UnknownFormat(wanted);
        }

        var rows = await LeaderboardRows.ReadAsync(db, published, cancellationToken);
        return wanted switch
        {
            "csv" => TypedResults.File(LeaderboardText.Csv(rows), "text/csv; charset=utf-8", "leaderboard.csv"),
            "md" => TypedResults.File(LeaderboardText.Markdown(rows), "text/markdown; charset=utf-8", "leaderboard.md"),
            _ => TypedResults.Ok(new LeaderboardView { Rows = rows }),
        };
    }

    private static string? Accepted(HttpRequest request) => MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types)
        ? types.OrderByDescending(type => type.Quality ?? 1).Select(type => type.MediaType.Value switch
        {
            "application/json" => "json",
            "text/csv" => "csv",
            "text/markdown" => "md",
            _ => null,
        }).FirstOrDefault(known => known is not null)
        : null;
}
