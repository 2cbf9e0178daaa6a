using System.ComponentModel.DataAnnotations;
using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Jobs;

/// <summary>Every refusal of the job API, and every way for a job to end badly that is not its body's own.</summary>
internal static class JobProblems
{
    /// <summary>The same for a job that does not exist and for another project's.</summary>
    public static ProblemHttpResult NotFound(string service)
        => PlatformProblems.Of(service, "job-not-found", "There is no such job.", StatusCodes.Status404NotFound, "Look up the job's id in the list of jobs.");

    public static ProblemHttpResult LetterNotFound(string service)
        => PlatformProblems.Of(
            service, "dead-letter-not-found", "There is no such undelivered message.", StatusCodes.Status404NotFound,
            "It may have been delivered meanwhile: look at the list again.");

    public static ProblemHttpResult LetterNotKept(string service, int size)
        => PlatformProblems.Of(
            service, "dead-letter-not-kept", "The message was too large to be kept, so it cannot be delivered again.", StatusCodes.Status409Conflict,
            $"It had {size} bytes. Discard it.");

    public static ProblemHttpResult UnknownKind(string service, string kind, IEnumerable<string> known)
        => PlatformProblems.Of(
            service, "unknown-kind", "This service has no jobs of that kind.", StatusCodes.Status400BadRequest,
            $"It has: {string.Join(", ", known)}.", new Dictionary<string, object?> { ["kind"] = kind });

    public static ProblemHttpResult InvalidSpec(string service, string kind, string field, string message)
        => InvalidSpec(service, kind, [new ValidationResult(message, [field])]);

    public static ProblemHttpResult InvalidSpec(string service, string kind, IReadOnlyCollection<ValidationResult> errors)
        => PlatformProblems.Of(
            service, "invalid-spec", $"The spec does not describe a job of kind {kind}.", StatusCodes.Status400BadRequest, "Correct the fields named in errors.",
            new Dictionary<string, object?>
            {
                ["errors"] = errors.SelectMany(error => error.MemberNames.DefaultIfEmpty("$").Select(field => (Field: field, error.ErrorMessage)))
                    .GroupBy(error => error.Field).ToDictionary(field => field.Key, field => field.Select(error => error.ErrorMessage).ToArray()),
            });

    public static ProblemHttpResult InvalidName(string service)
        => PlatformProblems.Of(service, "invalid-name", "The name is empty, too long or has control characters.", StatusCodes.Status400BadRequest, "Use 1 to 200 printable characters, or leave it out.");

    public static ProblemHttpResult InvalidQuery(string service, string parameter, string rule)
        => PlatformProblems.Of(
            service, "invalid-query", $"The query parameter '{parameter}' is not usable.", StatusCodes.Status400BadRequest, rule,
            new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [parameter] = [rule] } });

    public static ProblemHttpResult InvalidIdempotencyKey(string service)
        => PlatformProblems.Of(service, "invalid-idempotency-key", "The Idempotency-Key is empty or too long.", StatusCodes.Status400BadRequest, "Use 1 to 200 visible ASCII characters.");

    public static ProblemHttpResult KeyReused(string service)
        => PlatformProblems.Of(
            service, "idempotency-key-reused", "This Idempotency-Key was used with another body.", StatusCodes.Status409Conflict,
            "Use a new key for a new request; a key is remembered for 24 hours.");

    public static ProblemHttpResult CannotPause(string service, string kind)
        => PlatformProblems.Of(service, "cannot-pause", $"Jobs of kind {kind} cannot pause.", StatusCodes.Status409Conflict, "Cancel the job, or let it run.");

    public static ProblemHttpResult WrongState(string service, string action, JobState state)
        => PlatformProblems.Of(
            service, "wrong-state", $"A job that is {Camel(state)} cannot {action}.", StatusCodes.Status409Conflict, "Look at the job's state and try again.",
            new Dictionary<string, object?> { ["state"] = Camel(state) });

    public static JobProblem Crashed(string service) => new()
    {
        Type = $"{PlatformProblems.Prefix}{service}:job-crashed",
        Title = "The job ended by an unexpected error.",
        Detail = "Start it again. If it fails again, give the job's id to whoever runs the platform: the error is in the job's folder.",
    };

    public static JobProblem Lost(string service, int losses) => new()
    {
        Type = $"{PlatformProblems.Prefix}{service}:job-lost",
        Title = $"The job's worker was lost {losses} times in a row without getting any further.",
        Detail = "It may need more memory than the machine has. Make the job smaller or free memory, and start it again.",
    };

    public static string Camel(JobState state) => char.ToLowerInvariant(state.ToString()[0]) + state.ToString()[1..];
}
