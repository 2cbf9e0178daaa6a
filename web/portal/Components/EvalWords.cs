using System.Globalization;
using InternPlatform.Contracts.Evaluation;
using Microsoft.Extensions.Localization;

namespace InternPlatform.Portal.Components;

/// <summary>Scores in words and numbers. What was not measured is "—"; it is never 0.</summary>
public static class EvalWords
{
    public const string Missing = "—";

    /// <summary>The six, in the order of the radar.</summary>
    public static IReadOnlyList<string> Six { get; } = ["exam", "language", "knowledge", "understanding", "reasoning", "safety"];

    public static IReadOnlyList<string> Shown { get; } = [.. Six, "tool"];

    public static string Percent(double? share) => share is { } value ? (value * 100).ToString("0.0", CultureInfo.CurrentCulture) : Missing;

    /// <summary>Shares as percent; perplexity and nats as they are.</summary>
    public static string Figure(string metric, double? value) => value is null ? Missing : IsShare(metric) ? Percent(value) : Format.Figure(value.Value);

    public static string Range(string metric, double? low, double? high) => low is null || high is null ? "" : $"[{Figure(metric, low)}, {Figure(metric, high)}]";

    public static bool IsShare(string metric) => metric is not ("perplexity" or "nats_per_byte");

    public static string WithSign(string metric, double value) => (value > 0 ? "+" : "") + Figure(metric, value);

    public static string Dimension(this IStringLocalizer words, string? dimension) => dimension is null ? Missing : Known(words, $"Eval_Dimension_{dimension}", dimension);

    public static string Metric(this IStringLocalizer words, string? metric) => metric is null ? Missing : Known(words, $"Eval_Metric_{metric}", metric);

    public static string Verdict(this IStringLocalizer words, string verdict) => Known(words, $"Eval_Verdict_{verdict}", verdict);

    /// <summary>Tells rows apart: published ones have no artefact.</summary>
    public static string Key(this LeaderboardRow row) => row.ModelArtifactId ?? row.Model;

    private static string Known(IStringLocalizer words, string key, string otherwise) => words[key] is { ResourceNotFound: false } word ? word.Value : otherwise;
}
