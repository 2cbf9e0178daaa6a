using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Evaluation;

/// <summary>Every refusal of the evaluation service, and every way in which its job fails by itself.</summary>
internal static class Problems
{
    public static ProblemHttpResult InvalidSpec(IReadOnlyDictionary<string, string[]> errors) => PlatformProblems.Of(
        EvaluationService.Name, "spec-invalid", "This evaluation cannot be started.", StatusCodes.Status400BadRequest,
        "Change the fields that 'errors' names.", new Dictionary<string, object?> { ["errors"] = errors });

    public static ProblemHttpResult NoSuchEvaluation(string id) => PlatformProblems.Of(
        EvaluationService.Name, "evaluation-not-found", "There is no such evaluation in this project.", StatusCodes.Status404NotFound,
        "Look its id up in GET /api/evaluation/jobs.", new Dictionary<string, object?> { ["id"] = id });

    public static ProblemHttpResult NotFinished(Guid id) => PlatformProblems.Of(
        EvaluationService.Name, "evaluation-not-finished", "The evaluation has no scores yet.", StatusCodes.Status409Conflict,
        "Wait until its job has succeeded; only finished evaluations are compared.", new Dictionary<string, object?> { ["id"] = id });

    public static ProblemHttpResult InvalidPage(string field, string rule) => PlatformProblems.Of(
        EvaluationService.Name, "page-invalid", "The samples cannot be shown as asked.", StatusCodes.Status400BadRequest,
        rule, new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [rule] } });

    public static ProblemHttpResult UnknownFormat(string format) => PlatformProblems.Of(
        EvaluationService.Name, "format-unknown", "The leaderboard is not written in that format.", StatusCodes.Status400BadRequest,
        "Use csv or md.", new Dictionary<string, object?> { ["format"] = format });

    public static JobFailedException DatasetUnusable(string benchmark, string artifactId, string reason) => new(
        "dataset-unusable", $"The data set of '{benchmark}' cannot be read.", $"Artefact {Short(artifactId)}: {reason}");

    public static JobFailedException WrongColumn(string benchmark, string column, long row, string reason, string has) => new(
        "wrong-column", $"The data set does not fit the benchmark '{benchmark}'.",
        $"Column '{column}' in row {row}: {reason} The row has: {has}. Import the set with these columns, or choose another benchmark.");

    public static JobFailedException NoRows(string benchmark, string artifactId) => new(
        "dataset-empty", $"The data set has no rows for '{benchmark}'.", $"Artefact {Short(artifactId)} is empty, or its rows are another benchmark's. Choose another version.");

    public static JobFailedException TooManyRows(string benchmark, long rows, long most) => new(
        "too-many-rows", $"The data set of '{benchmark}' has too many rows to be asked at once.", $"It has {rows}, and at most {most} are asked. Set 'limit' on the suite.");

    public static JobFailedException ModelNotFound(string model, string detail) => new(
        "model-not-found", $"There is no deployment '{model}'.", $"{detail} Deploy the model, and start the evaluation again.");

    public static JobFailedException ModelLost(string model, string detail) => new(
        "model-lost", $"The deployment '{model}' went away.", $"{detail} The samples so far are kept with the job. Look at the deployment, and start the evaluation again when it is ready.");

    public static JobFailedException ModelChanged(string model, string asked, string served) => new(
        "model-changed", $"The deployment '{model}' serves another model.",
        $"The evaluation is of {Short(asked)}, the deployment serves {Short(served)}. Name the deployment of that model, or leave 'modelArtifactId' out.");

    public static JobFailedException CapabilityMissing(string model, string capability, string benchmark) => new(
        "capability-missing", $"The deployment '{model}' cannot do '{capability}'.", $"The benchmark '{benchmark}' needs it. Leave the benchmark out, or choose a deployment that lists '{capability}' in GET /v1/models.");

    public static JobFailedException TokenizerUnusable(string artifactId, string reason) => new(
        "tokenizer-unusable", "The model's tokenizer cannot be read.", $"Artefact {Short(artifactId)}: {reason} Prompts are sent as token ids, so that special tokens are what they are.");

    public static JobFailedException NotAllowed(string model, int status, string detail) => new(
        "not-allowed", $"The deployment '{model}' refuses the person who started this job.", $"HTTP {status}. {detail} The scopes read and chat are needed.");

    public static JobFailedException NothingScored(int failed, string first) => new(
        "nothing-scored", "No question could be scored.", $"All {failed} samples failed; the first one: {first} See the samples of this job.");

    private static string Short(string artifactId) => artifactId.Length > 12 ? artifactId[..12] : artifactId;
}
