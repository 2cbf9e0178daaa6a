using System.Globalization;
using System.Text;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;

namespace InternPlatform.Evaluation.Leaderboard;

/// <summary>The leaderboard as a file: one line a model. A figure that was not measured is an empty cell, or "—"; never 0.</summary>
internal static class LeaderboardText
{
    private static readonly string[] Dimensions = [.. BenchmarkList.Dimensions, BenchmarkList.ToolDimension];

    public static byte[] Csv(IReadOnlyList<LeaderboardRow> rows)
    {
        var text = new StringBuilder("model,origin,average");
        foreach (var dimension in Dimensions)
        {
            text.Append(CultureInfo.InvariantCulture, $",{dimension},{dimension}_low,{dimension}_high,{dimension}_n");
        }

        text.Append(",model_artifact_id,job_id,at\r\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Quote(row.Model)},{row.Origin},{Number(row.Average)}");
            foreach (var dimension in Dimensions)
            {
                var score = row.Dimensions.GetValueOrDefault(dimension);
                text.Append(CultureInfo.InvariantCulture, $",{Number(score?.Value)},{Number(score?.Low)},{Number(score?.High)},{(score is { Count: > 0 } ? score.Count : null)}");
            }

            text.Append(CultureInfo.InvariantCulture, $",{row.ModelArtifactId},{row.JobId},{row.At:O}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static byte[] Markdown(IReadOnlyList<LeaderboardRow> rows)
    {
        var text = new StringBuilder($"| model | average | {string.Join(" | ", Dimensions)} |\n| --- |{string.Concat(Enumerable.Repeat(" ---: |", Dimensions.Length + 1))}\n");
        foreach (var row in rows)
        {
            var cells = Dimensions.Select(dimension => Cell(row.Dimensions.GetValueOrDefault(dimension)));
            text.Append(CultureInfo.InvariantCulture, $"| {row.Model.Replace("|", "\\|", StringComparison.Ordinal)}{(row.Origin == PublishedTable.Origin ? " (published)" : "")} | {Percent(row.Average)} | {string.Join(" | ", cells)} |\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Cell(ScoreView? score) => score?.Low is null ? Percent(score?.Value) : $"{Percent(score.Value)} [{Percent(score.Low)}, {Percent(score.High)}]";

    private static string Percent(double? share) => share is { } value ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) : "—";

    private static string Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A spreadsheet takes a cell that begins with one of these for a formula.</summary>
    private static string Quote(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' ? "'" + text : text;
        return safe.AsSpan().ContainsAny(',', '"', '\n') ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
