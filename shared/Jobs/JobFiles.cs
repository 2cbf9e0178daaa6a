using System.Text.Json.Serialization;

namespace InternPlatform.Jobs;

/// <summary>Where a job's files are: <c>{Data}/{service}/jobs/{id}/</c>.</summary>
internal static class JobFiles
{
    public static string Folder(string serviceFolder, Guid id) => Path.Join(serviceFolder, "jobs", id.ToString("D"));

    public static string Work(string jobFolder) => Path.Join(jobFolder, "work");

    public static string Metrics(string jobFolder) => Path.Join(jobFolder, "metrics.jsonl");

    public static string Log(string jobFolder) => Path.Join(jobFolder, "log.jsonl");

    /// <summary>What the child and its libraries printed, and the stack of whatever it died of. Not shown outside.</summary>
    public static string Output(string jobFolder) => Path.Join(jobFolder, "output.txt");

    public static string WorkerLock(string jobFolder) => Path.Join(jobFolder, "worker.lock");
}

/// <summary>A line of <c>metrics.jsonl</c>.</summary>
internal sealed record StoredPoint([property: JsonPropertyName("n")] string Name, [property: JsonPropertyName("s")] long Step, [property: JsonPropertyName("v")] double Value);

/// <summary>A line of <c>log.jsonl</c>.</summary>
internal sealed record StoredLine([property: JsonPropertyName("t")] DateTimeOffset At, [property: JsonPropertyName("l")] string Level, [property: JsonPropertyName("m")] string Message);
