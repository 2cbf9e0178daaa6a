using System.Text.Json;
using InternPlatform.Contracts.Jobs;

namespace InternPlatform.Jobs;

/// <summary>Rows as callers see them.</summary>
internal static class JobViews
{
    public static JobView View(this JobRow job, string service, JobProgress? newest) => new()
    {
        Id = job.Id,
        Service = service,
        Kind = job.Kind,
        Name = job.Name,
        State = job.State,
        Attempt = job.Attempt,
        Progress = newest ?? Progress(job),
        Problem = job.ProblemType is null ? null : new JobProblem { Type = job.ProblemType, Title = job.ProblemTitle!, Detail = job.ProblemDetail },
        Spec = JsonElement.Parse(job.Spec),
        Result = job.Result is null ? null : JsonElement.Parse(job.Result),
        CreatedBy = job.CreatedBy,
        CreatedAt = job.CreatedAt,
        StartedAt = job.StartedAt,
        EndedAt = job.EndedAt,
    };

    public static JobEventView View(this JobEventRow change) => new()
    {
        Sequence = change.Sequence,
        At = change.At,
        From = change.From,
        To = change.To,
        Who = change.Who,
        Why = change.Why,
    };

    /// <summary>A job that nobody works on has no rate and no remaining time.</summary>
    private static JobProgress? Progress(JobRow job) => job.ProgressDone is not { } done ? null : new JobProgress
    {
        Done = done,
        Total = job.ProgressTotal,
        Unit = job.ProgressUnit!,
        RatePerSecond = job.State == JobState.Running ? job.ProgressRate : null,
        EtaSeconds = job.State == JobState.Running ? ProgressRate.Eta(done, job.ProgressTotal, job.ProgressRate) : null,
    };
}
