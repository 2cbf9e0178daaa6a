using InternPlatform.Contracts.Finetuning;
using InternPlatform.Tokenization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Finetuning;

/// <summary>Refuses, when a job is posted, what could only fail later; every field that is wrong at once.</summary>
internal static class SftSpecRules
{
    public const int LongestSequence = 32_768;
    private const int ArtifactIdLength = 64;
    private const int MostPrompts = 8;
    private const int LongestPrompt = 2000;

    public static ProblemHttpResult? Refuse(SftSpec spec)
    {
        var errors = Errors(Check(spec));
        return errors.Count == 0 ? null : Problems.InvalidSpec(errors);
    }

    public static ProblemHttpResult? Refuse(Contracts.Finetuning.PreviewTokens preview)
    {
        var errors = Errors(Check(preview));
        return errors.Count == 0 ? null : Problems.PreviewInvalid(errors);
    }

    private static Dictionary<string, string[]> Errors(IEnumerable<Rule> rules) => rules.Where(rule => !rule.Holds)
        .GroupBy(rule => rule.Field).ToDictionary(field => field.Key, field => field.Select(rule => rule.Message).ToArray());

    private static IEnumerable<Rule> Check(SftSpec spec)
    {
        yield return new("name", spec.Name.Trim().Length is > 0 and <= 100, "A name of 1 to 100 characters.");
        yield return Artifact("baseModelArtifactId", spec.BaseModelArtifactId, "model");
        yield return new("datasetArtifactIds", spec.DatasetArtifactIds.Count is >= 1 and <= 100 && spec.DatasetArtifactIds.All(IsArtifactId),
            "1 to 100 ids of data-set versions: 64 hexadecimal digits each.");
        yield return new("datasetArtifactIds", spec.DatasetArtifactIds.Distinct().Count() == spec.DatasetArtifactIds.Count, "Each version once.");
        yield return Template(spec.ChatTemplate);
        yield return new("method", spec.Method is "lora" or "full", "'lora' or 'full'.");
        yield return new("loraRank", spec.LoraRank is >= 1 and <= 1024, "Between 1 and 1024.");
        yield return new("loraAlpha", spec.LoraAlpha is > 0 and <= 65_536, "Above 0, at most 65536.");
        yield return Length(spec.SequenceLength);
        yield return new("batchSize", spec.BatchSize is >= 1 and <= 4096, "Between 1 and 4096 rows.");
        yield return new("tokenBudget", spec.TokenBudget is null or > 0, "More than 0 tokens, or left out.");
        yield return new("epochs", spec.Epochs is > 0 and <= 1000, "Above 0, at most 1000.");
        yield return new("learningRate", spec.LearningRate is > 0 and <= 1, "Above 0, at most 1.");
        yield return new("warmupSteps", spec.WarmupSteps >= 0, "Not negative.");
        yield return new("clipNorm", spec.ClipNorm is >= 0 and < double.PositiveInfinity, "Not negative; 0 switches clipping off.");
        yield return new("validationShare", spec.ValidationShare is > 0 and <= .5, "Above 0, at most 0.5: at least one dialogue is kept out.");
        yield return new("samplePrompts", spec.SamplePrompts.Count <= MostPrompts && spec.SamplePrompts.All(prompt => prompt.Trim().Length is > 0 and <= LongestPrompt),
            $"At most {MostPrompts}, of 1 to {LongestPrompt} characters each.");
        yield return new("checkpointEverySteps", spec.CheckpointEverySteps >= 1, "At least 1.");
        yield return new("seed", spec.Seed >= 0, "Not negative.");
    }

    private static IEnumerable<Rule> Check(Contracts.Finetuning.PreviewTokens preview)
    {
        yield return Artifact("baseModelArtifactId", preview.BaseModelArtifactId, "model");
        yield return Artifact("datasetArtifactId", preview.DatasetArtifactId, "dataset");
        yield return new("row", preview.Row >= 0, "Not negative.");
        yield return new("rows", preview.Rows is >= 1 and <= 20, "Between 1 and 20.");
        yield return Template(preview.ChatTemplate);
        yield return Length(preview.SequenceLength);
    }

    private static Rule Artifact(string field, string id, string kind) => new(field, IsArtifactId(id), $"The id of an artefact of kind {kind}: 64 hexadecimal digits.");

    private static Rule Template(string name) => new("chatTemplate", ChatTemplate.Names.Contains(name), $"One of: {string.Join(", ", ChatTemplate.Names)}.");

    private static Rule Length(int tokens) => new("sequenceLength", tokens is >= 8 and <= LongestSequence, $"Between 8 and {LongestSequence} tokens.");

    private static bool IsArtifactId(string id) => id.Length == ArtifactIdLength && id.All(char.IsAsciiHexDigitLower);

    private sealed record Rule(string Field, bool Holds, string Message);
}
