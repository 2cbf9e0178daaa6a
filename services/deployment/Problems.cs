using InternPlatform.Contracts.Deployment;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Deployment;

/// <summary>Every refusal of the deployment service, and every way in which its job fails by itself. Under <c>/v1</c> they appear in OpenAI's form, with the code given here.</summary>
internal static class Problems
{
    public static ProblemHttpResult InvalidName(string name) => Of(
        "name-invalid", "The name cannot be a model id.", StatusCodes.Status400BadRequest,
        $"Use 1 to {DeploymentRow.MaxNameLength} letters, digits, '.', '_' or '-', beginning with a letter or digit, that are not an id. '{name}' was given.", "name");

    public static ProblemHttpResult InvalidCacheBits(int bits) => Of(
        "cache-bits-invalid", "Keys and values cannot be cached in so many bits.", StatusCodes.Status400BadRequest, $"Use 32, 16, 8 or 4. {bits} was given.", "cacheBits");

    public static ProblemHttpResult NameTaken(string name) => Of(
        "name-taken", $"There is a deployment '{name}' already.", StatusCodes.Status409Conflict, "Choose another name, or delete that deployment.", "name");

    public static ProblemHttpResult NoSuchArtifact(string artifactId, string field) => Of(
        "artifact-not-found", "There is no such model or adapter.", StatusCodes.Status400BadRequest,
        $"'{artifactId}' is not the id of an artifact here. GET /api/catalog/models lists the models and their artifacts; a tuning's result names its adapter.", field);

    public static ProblemHttpResult WrongKind(string wanted, string kind, string field) => Of(
        "artifact-of-another-kind", "The artifact is of another kind.", StatusCodes.Status400BadRequest, $"Its kind is '{kind}'; here it must be '{wanted}'.", field);

    public static ProblemHttpResult InvalidAdapters(int most) => Of(
        "adapters-invalid", "The adapters cannot be served so.", StatusCodes.Status400BadRequest,
        $"Give at most {most}, each with a name of its own of 1 to {DeploymentRow.MaxNameLength} letters, digits, '.', '_' or '-' that begins with a letter or digit.", "adapters");

    public static ProblemHttpResult InvalidIdempotencyKey() => Of(
        "idempotency-key-invalid", "The idempotency key cannot be used.", StatusCodes.Status400BadRequest, "Use 1 to 200 printable ASCII characters without spaces.");

    public static ProblemHttpResult KeyReused() => Of(
        "idempotency-key-reused", "The idempotency key was used with another body.", StatusCodes.Status409Conflict, "Use a new key for a new request.");

    public static ProblemHttpResult BadCursor(string cursor) => Of(
        "cursor-invalid", "The cursor is not one that this list gave.", StatusCodes.Status400BadRequest, $"'{cursor}' was given. Begin again without a cursor.", "cursor");

    public static ProblemHttpResult NoSuchDeployment(string deployment) => Of(
        "deployment-not-found", $"There is no deployment '{deployment}' in this project.", StatusCodes.Status404NotFound, "GET /api/deployment/deployments lists them.");

    public static ProblemHttpResult NoSuchModel(string model) => OpenAi(
        "model-not-found", $"The model '{model}' does not exist.", StatusCodes.Status404NotFound, "GET /v1/models lists the models of your project.", "model_not_found", "model");

    public static ProblemHttpResult ModelMissing() => OpenAi(
        "model-missing", "You must name a model.", StatusCodes.Status400BadRequest, "GET /v1/models lists the models of your project.", "missing_required_parameter", "model");

    public static ProblemHttpResult NotJson() => OpenAi(
        "body-not-json", "The body is not valid JSON.", StatusCodes.Status400BadRequest, "Send a JSON object.", "invalid_json", null);

    public static ProblemHttpResult NotReady(string model, DeploymentState state, string? why) => OpenAi(
        "model-not-ready", $"The model '{model}' is not ready ({state}).", StatusCodes.Status503ServiceUnavailable, why ?? "Try again in a moment.", "model_not_ready", null);

    public static ProblemHttpResult ReplicaLost(string model) => OpenAi(
        "replica-lost", $"The model '{model}' went away while it answered.", StatusCodes.Status503ServiceUnavailable, "It is being restarted. Try again in a moment.", "replica_lost", null);

    public static ProblemHttpResult InvalidSpec(IReadOnlyDictionary<string, string[]> errors) => PlatformProblems.Of(
        DeploymentService.Name, "spec-invalid", "The model cannot be made smaller in this way.", StatusCodes.Status400BadRequest,
        "Change the fields that 'errors' names.", new Dictionary<string, object?> { ["errors"] = errors });

    public static JobFailedException InputUnusable(string what, string artifactId, string reason) => new(
        "input-unusable", $"The {what} {artifactId[..12]} cannot be used.", $"{reason} Make it again, and start the job with the new one.");

    public static JobFailedException AlreadyQuantized(string artifactId, int bits) => new(
        "already-quantized", $"The model {artifactId[..12]} has {bits}-bit weights already.",
        "Rounding twice only adds errors. Start the job with the model that it was made from: its page shows the lineage.");

    public static JobFailedException QuantizationImpossible(string reason) => new("quantization-impossible", "The model cannot be stored in so few bits.", reason);

    public static JobFailedException VocabularyDiffers(string shardsArtifactId, string reason) => new(
        "vocabulary-differs", $"The shards {shardsArtifactId[..12]} are of another vocabulary than the model.",
        $"{reason} Tokenize a data set with the model's own tokenizer, or start the job without shards.");

    public static JobFailedException NothingToMeasure(string shardsArtifactId) => new(
        "validation-empty", $"The shards {shardsArtifactId[..12]} have no scored validation tokens.",
        "Tokenize the data set again with a validation share above 0, or start the job without shards.");

    public static JobFailedException PerplexityImpossible(string which, string reason) => new(
        "perplexity-impossible", $"The perplexity of the {which} model cannot be measured.", $"{reason} Start the job without shards to get the smaller model alone.");

    private static ProblemHttpResult Of(string problem, string title, int status, string detail, string? field = null) =>
        PlatformProblems.Of(DeploymentService.Name, problem, title, status, detail,
            field is null ? null : new Dictionary<string, object?> { ["errors"] = new Dictionary<string, string[]> { [field] = [detail] } });

    private static ProblemHttpResult OpenAi(string problem, string title, int status, string detail, string code, string? param) =>
        PlatformProblems.Of(DeploymentService.Name, problem, title, status, detail, new Dictionary<string, object?> { ["code"] = code, ["param"] = param });
}
