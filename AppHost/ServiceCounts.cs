using System.Globalization;

namespace InternPlatform.AppHost;

/// <summary>Numbers of processes by service, <c>catalog=2,pretraining=2</c>, and which service can have more than one of which kind.</summary>
internal static class ServiceCounts
{
    private const int Most = 16;
    private static readonly string[] WithJobs = ["catalog", "pretraining", "finetuning", "evaluation", "deployment"];

    /// <param name="text">What was typed.</param>
    /// <param name="whyNot">Why this service cannot have so many, or null.</param>
    public static (IReadOnlyDictionary<string, int> Counts, string? Fault) Read(string text, Func<string, int, string?> whyNot)
    {
        var counts = new Dictionary<string, int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, number) = part.Split('=') is [var left, var right] ? (left, right) : (part, "");
            var fault = !Distributed.Names.Contains(name) ? $"there is no service '{name}'. There are {string.Join(", ", Distributed.Names)}."
                : !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > Most ? $"{name}=N with a number from 1 to {Most}."
                : !counts.TryAdd(name, count) ? $"{name} is named twice."
                : whyNot(name, count);
            if (fault is not null)
            {
                return (counts, fault);
            }
        }

        return (counts, null);
    }

    public static string? WhyNotTwice(string service, int count) => service == "deployment" && count > 1
        ? "deployment stays one process: only the one that started a model's replica can ask it."
        : null;

    public static string? WhyNoWorker(string service, int count) => WithJobs.Contains(service)
        ? null
        : $"{service} has no jobs. Workers are for {string.Join(", ", WithJobs)}.";
}
