using InternPlatform.Pipelines.Plans;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Pipelines;

/// <summary>Every refusal of the pipelines service.</summary>
internal static class Problems
{
    public static ProblemHttpResult UnknownPlan(string plan) => Of(
        "plan-unknown", $"There is no plan '{plan}'.", StatusCodes.Status400BadRequest,
        $"Known plans: {string.Join(", ", PipelinePlans.Names)}.", "plan");

    public static ProblemHttpResult BadBudget(long budget) => Of(
        "budget-invalid", "The token budget must be positive.", StatusCodes.Status400BadRequest,
        $"{budget} was given. Leave it out to take the plan's own.", "tokenBudget");

    public static ProblemHttpResult BadSeed(int seed) => Of(
        "seed-invalid", "The seed must not be negative.", StatusCodes.Status400BadRequest, $"{seed} was given.", "seed");

    public static ProblemHttpResult UnknownThreshold(string gate) => Of(
        "threshold-unknown", $"The plan has no gate '{gate}'.", StatusCodes.Status400BadRequest, "POST /api/pipelines/preview lists the steps and gates of a plan.", "thresholds");

    public static ProblemHttpResult BadDecision(string field, string why) => Of(
        "decision-invalid", "The plan cannot be made from these decisions.", StatusCodes.Status400BadRequest, why, field);

    public static ProblemHttpResult BadKey() => Of(
        "invalid-idempotency-key", "The Idempotency-Key is empty or too long.", StatusCodes.Status400BadRequest,
        "Use 1 to 200 visible ASCII characters.");

    public static ProblemHttpResult KeyReused() => Of(
        "idempotency-key-reused", "This Idempotency-Key was used with another body.", StatusCodes.Status409Conflict,
        "Use a new key for a new request; a key is remembered for 24 hours.");

    public static ProblemHttpResult BadCursor(string cursor) => Of(
        "cursor-invalid", "The cursor is not one that this list gave.", StatusCodes.Status400BadRequest,
        $"'{cursor}' was given. Begin again without a cursor.", "cursor");

    public static ProblemHttpResult NoSuchRun(string run) => Of(
        "run-not-found", $"There is no run '{run}' in this project.", StatusCodes.Status404NotFound,
        "GET /api/pipelines/runs lists them.");

    public static ProblemHttpResult RunIsOver(PipelineRunRow run) => Of(
        "run-over", $"The run '{run.Name}' is over: {run.State}.", StatusCodes.Status409Conflict,
        "There is nothing left to cancel.");

    public static ProblemHttpResult NothingToRetry(PipelineRunRow run) => Of(
        "run-not-failed", $"The run '{run.Name}' has no failed step.", StatusCodes.Status409Conflict,
        "Only a failed or cancelled run can go on from where it stopped.");

    public static ProblemHttpResult CannotClear(string why) => Of(
        "service-away", "What the failed step left behind could not be removed.", StatusCodes.Status503ServiceUnavailable,
        $"{why} Try again when the service answers.");

    private static ProblemHttpResult Of(string problem, string title, int status, string detail, string? field = null) =>
        PlatformProblems.Of(PipelinesService.Name, problem, title, status, detail,
            field is null ? null : new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [detail] } });
}
