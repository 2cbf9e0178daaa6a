using InternPlatform.Contracts.Evaluation;

namespace InternPlatform.Evaluation.Leaderboard;

/// <summary>
/// The table of the InternLM-20B release (September 2023, measured with OpenCompass), as the project's seed document gives it: a fixture to hold a leaderboard against.
/// It has no figure for safety, so there is none here. Percent there, shares here.
/// </summary>
internal static class PublishedTable
{
    public const string Origin = "published";
    private const string Benchmark = "opencompass";

    private static readonly DateTimeOffset Released = new(2023, 9, 20, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Columns = ["exam", "language", "knowledge", "understanding", "reasoning"];

    private static readonly (string Model, decimal Average, decimal[] Scores)[] Table =
    [
        ("InternLM-20B", 59.3m, [62.5m, 55m, 60.1m, 67.3m, 54.9m]),
        ("LLaMA-2-70B", 57.4m, [57.3m, 51.6m, 67.7m, 60.8m, 55m]),
        ("Baichuan2-13B-Base", 49.4m, [51.8m, 47.5m, 48.9m, 58.1m, 44.2m]),
        ("InternLM-7B", 48.7m, [54.9m, 49.2m, 41.3m, 59.3m, 41.6m]),
        ("Baichuan2-7B-Base", 44.4m, [46.4m, 48.9m, 44.3m, 48.9m, 39.2m]),
        ("LLaMA-13B", 43.8m, [37.3m, 42.5m, 58.2m, 45.5m, 42.7m]),
        ("LLaMA-2-7B", 41.6m, [35.5m, 44.1m, 53.3m, 42.4m, 40.1m]),
    ];

    public static IReadOnlyList<LeaderboardRow> Rows { get; } = [.. Table.Select(Row)];

    private static LeaderboardRow Row((string Model, decimal Average, decimal[] Scores) line)
    {
        var scores = Columns.Zip(line.Scores, Score).ToList();
        return new LeaderboardRow
        {
            Model = line.Model,
            Origin = Origin,
            At = Released,
            Dimensions = scores.ToDictionary(score => score.Dimension!),
            Average = Share(line.Average),
            Scores = scores,
        };
    }

    private static ScoreView Score(string dimension, decimal percent) => new()
    {
        Benchmark = Benchmark,
        Dimension = dimension,
        Mode = "published",
        Metric = "accuracy",
        IsHeadline = true,
        Value = Share(percent),
        Count = 0,
        Failed = 0,
        Unparsed = 0,
        DatasetArtifactId = "",
    };

    private static double Share(decimal percent) => (double)(percent / 100);
}
