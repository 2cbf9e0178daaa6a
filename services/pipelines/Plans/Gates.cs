using System.Globalization;
using System.Text.Json;
using InternPlatform.Pipelines.Engine;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Plans;

/// <summary>Gates over one figure.</summary>
internal static class Gates
{
    /// <summary>Opens when the figure is at least the threshold.</summary>
    /// <param name="name">Of the step, and of the threshold in the run's input.</param>
    /// <param name="figure">What is measured, such as <c>tuned_minus_base</c>.</param>
    /// <param name="usual">The plan's own threshold.</param>
    /// <param name="measure">Null where there is nothing to measure: the gate stays closed.</param>
    /// <param name="advice">What a person can do when it stays closed.</param>
    /// <param name="backTo">The step to do again; null: stop.</param>
    public static GateStep AtLeast(string name, string figure, double usual, Func<RunFacts, double?> measure, string advice, string? backTo = null) =>
        Of(name, figure, usual, measure, (value, threshold) => value >= threshold, ">=", advice, backTo);

    /// <summary>Opens when the figure is at most the threshold.</summary>
    public static GateStep AtMost(string name, string figure, double usual, Func<RunFacts, double?> measure, string advice, string? backTo = null) =>
        Of(name, figure, usual, measure, (value, threshold) => value <= threshold, "<=", advice, backTo);

    private static GateStep Of(
        string name, string figure, double usual, Func<RunFacts, double?> measure, Func<double, double, bool> isOpen, string sign, string advice, string? backTo) => new()
        {
            Name = name,
            Service = PipelinesService.Name,
            Decide = facts =>
            {
                var threshold = facts.Threshold(name, usual);
                var value = measure(facts);
                var open = value is { } measured && isOpen(measured, threshold);
                var shown = string.Create(CultureInfo.InvariantCulture, $"{figure}={value?.ToString("0.###", CultureInfo.InvariantCulture) ?? "none"} {sign} {threshold:0.###}{(open ? "" : ": no")}");
                return new GateReading(JsonSerializer.SerializeToElement(new GateResult { Figure = figure, Value = value, Threshold = threshold }, PlatformJson.Options), new StepOutcome(shown, null))
                {
                    Problem = open ? null : StepProblems.GateClosed(shown, advice),
                    BackTo = backTo,
                };
            },
        };
}

/// <summary>Result of a gate over one figure.</summary>
internal sealed record GateResult
{
    public required string Figure { get; init; }
    public double? Value { get; init; }
    public required double Threshold { get; init; }
}
