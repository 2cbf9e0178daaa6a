using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Pipelines.Engine;

/// <summary>Problems of steps that their services did not word themselves.</summary>
internal static class StepProblems
{
    public static JobProblem Waiting(string service, string? why) => Of(
        "service-waited-for", $"Waiting for the service {service}.", $"{why} It is asked again every few seconds.");

    public static JobProblem ServiceAway(string service, string? why, TimeSpan patience) => Of(
        "service-away", $"The service {service} has not answered for {patience.TotalMinutes:F0} minutes.",
        $"{why} Look at its log, start it again, and try the step again: what is done stays done.");

    public static JobProblem Unexplained(string service) => Of(
        "step-failed", $"The service {service} says that it failed, and not why.", "Look at the job's log, then try the step again.");

    public static JobProblem NotReady(string deployment, string? why) => Of(
        "deployment-not-ready", $"The deployment '{deployment}' did not become ready.",
        why ?? "It was stopped before it was ready. Try the step again.");

    public static JobProblem GateClosed(string found, string advice) => Of("gate-closed", $"The gate stays closed: {found}.", advice);

    private static JobProblem Of(string problem, string title, string detail) => new()
    {
        Type = $"{PlatformProblems.Prefix}pipelines:{problem}",
        Title = title,
        Detail = detail,
    };
}
