using InternPlatform.Agents.Runs;
using InternPlatform.Contracts.Agents;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Agents;

/// <summary>Every refusal of the agents service; how runs fail is in <see cref="RunProblems"/>.</summary>
internal static class Problems
{
    public static ProblemHttpResult InvalidName(string reason) => Of(
        "name-invalid", "The name cannot be used.", StatusCodes.Status400BadRequest, reason, "name");

    public static ProblemHttpResult NameTaken(string name) => Of(
        "name-taken", $"There is an agent '{name}' already.", StatusCodes.Status409Conflict, "Choose another name, or delete that agent.", "name");

    public static ProblemHttpResult UnknownStrategy(string strategy) => Of(
        "strategy-unknown", $"There is no strategy '{strategy}'.", StatusCodes.Status400BadRequest, $"Known strategies: {string.Join(", ", Strategies.Names)}.", "strategy");

    public static ProblemHttpResult UnknownTool(string tool) => Of(
        "tool-unknown", $"There is no tool '{tool}'.", StatusCodes.Status400BadRequest, "GET /api/agents/tools lists them.", "tools");

    public static ProblemHttpResult ToolMissing(string strategy) => Of(
        "tool-missing", $"The strategy '{strategy}' needs a tool.", StatusCodes.Status400BadRequest, "Name at least one, each once.", "tools");

    public static ProblemHttpResult DatasetMissing(string tool) => Of(
        "dataset-missing", $"The tool '{tool}' needs a data set.", StatusCodes.Status400BadRequest, "Give the artefact of a data-set version.", "datasetArtifactId");

    public static ProblemHttpResult DatasetUnusable(string reason) => Of(
        "dataset-unusable", "The data set cannot be used.", StatusCodes.Status400BadRequest, reason, "datasetArtifactId");

    public static ProblemHttpResult InvalidLimit(string field, int least, int most) => Of(
        "limit-invalid", $"A limit is out of range.", StatusCodes.Status400BadRequest, $"'{field}' is from {least} to {most}.", field);

    public static ProblemHttpResult InstructionsTooLong(int most) => Of(
        "instructions-too-long", "The instructions are too long.", StatusCodes.Status400BadRequest, $"Use at most {most} characters.", "instructions");

    public static ProblemHttpResult ModelNotFound(string model, string reason) => Of(
        "model-not-found", $"The model '{model}' cannot be used.", StatusCodes.Status400BadRequest, $"{reason} Deploy it first: a model's name is its deployment's.", "model");

    public static ProblemHttpResult ServiceAway(string reason) => Of(
        "service-away", "The deployment service does not answer.", StatusCodes.Status503ServiceUnavailable, $"{reason} Try again when it does.");

    public static ProblemHttpResult AgentNotFound(string agent) => Of(
        "agent-not-found", $"There is no agent '{agent}' in this project.", StatusCodes.Status404NotFound, "GET /api/agents/agents lists them.");

    public static ProblemHttpResult AgentBusy(string agent) => Of(
        "agent-busy", $"The agent '{agent}' is at work.", StatusCodes.Status409Conflict, "Cancel its running runs first.");

    public static ProblemHttpResult InvalidQuestion(int most) => Of(
        "question-invalid", "The question cannot be asked.", StatusCodes.Status400BadRequest, $"It has between 1 and {most} characters.", "question");

    public static ProblemHttpResult RunNotFound(string run) => Of(
        "run-not-found", $"There is no run '{run}' in this project.", StatusCodes.Status404NotFound, "GET /api/agents/agents/{agent}/runs lists an agent's.");

    public static ProblemHttpResult RunIsOver(AgentRunState state) => Of(
        "run-over", $"The run is over: {state}.", StatusCodes.Status409Conflict, "There is nothing left to cancel.");

    public static ProblemHttpResult BadKey() => Of(
        "invalid-idempotency-key", "The Idempotency-Key is empty or too long.", StatusCodes.Status400BadRequest, "Use 1 to 200 visible ASCII characters.");

    public static ProblemHttpResult KeyReused() => Of(
        "idempotency-key-reused", "This Idempotency-Key was used with another body.", StatusCodes.Status409Conflict,
        "Use a new key for a new request; a key is remembered for 24 hours.");

    public static ProblemHttpResult BadCursor(string cursor) => Of(
        "cursor-invalid", "The cursor is not one that this list gave.", StatusCodes.Status400BadRequest, $"'{cursor}' was given. Begin again without a cursor.", "cursor");

    public static ProblemHttpResult BadEventId() => Of(
        "event-id-invalid", "The Last-Event-ID is not one that this stream gave.", StatusCodes.Status400BadRequest, "Send back the id of the last event, or leave it out.");

    private static ProblemHttpResult Of(string problem, string title, int status, string detail, string? field = null) =>
        PlatformProblems.Of(AgentsService.Name, problem, title, status, detail,
            field is null ? null : new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [detail] } });
}
