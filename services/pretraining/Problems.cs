using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Pretraining;

/// <summary>Every refusal of the pretraining service, and every way in which its job fails by itself.</summary>
internal static class Problems
{
    public static ProblemHttpResult InvalidSpec(IReadOnlyDictionary<string, string[]> errors) => PlatformProblems.Of(
        PretrainingService.Name, "spec-invalid", "This configuration cannot be trained.", StatusCodes.Status400BadRequest,
        "Change the fields that 'errors' names.", new Dictionary<string, object?> { ["errors"] = errors });

    public static JobFailedException InputMissing(string what, string artifactId, string reason) => new(
        "input-unusable", $"The {what} {artifactId[..12]} cannot be used.", $"{reason} Make it again, and start the job with the new one.");

    public static JobFailedException NoShards(string artifactId) => new(
        "shards-empty", $"The shards {artifactId[..12]} hold no training or no validation part.", "Tokenize a data set that has rows enough for both, and start the job with the new shards.");

    public static JobFailedException CannotTrain(string reason) => new("training-impossible", "The training cannot run.", reason);
}
