using InternPlatform.Contracts.Pretraining;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Pretraining;

/// <summary>Refuses, when a job is posted, what could only fail an hour later; every field that is wrong at once.</summary>
internal static class PretrainSpecRules
{
    // Far above what one machine trains, far below what would overflow a shape.
    private const int WidestModel = 16_384;
    private const int LongestSequence = 32_768;
    private const int ArtifactIdLength = 64;

    public static ProblemHttpResult? Refuse(PretrainSpec spec)
    {
        var errors = Check(spec).Concat(Check(spec.Model)).Where(rule => !rule.Holds)
            .GroupBy(rule => rule.Field).ToDictionary(field => field.Key, field => field.Select(rule => rule.Message).ToArray());
        return errors.Count == 0 ? null : Problems.InvalidSpec(errors);
    }

    private static IEnumerable<Rule> Check(PretrainSpec spec)
    {
        yield return new("name", spec.Name.Trim().Length is > 0 and <= 100, "A name of 1 to 100 characters.");
        yield return new("shardsArtifactId", IsArtifactId(spec.ShardsArtifactId), "The id of an artefact of kind shards: 64 hexadecimal digits.");
        yield return new("tokenizerArtifactId", IsArtifactId(spec.TokenizerArtifactId), "The id of an artefact of kind tokenizer: 64 hexadecimal digits.");
        yield return new("sequenceLength", spec.SequenceLength is >= 8 and <= LongestSequence, $"Between 8 and {LongestSequence} tokens.");
        yield return new("batchSize", spec.BatchSize is >= 1 and <= 4096, "Between 1 and 4096 rows.");
        yield return new("gradientAccumulationSteps", spec.GradientAccumulationSteps is >= 1 and <= 4096, "Between 1 and 4096.");
        yield return new("tokenBudget", spec.TokenBudget > 0, "More than 0 tokens.");
        yield return new("muonLearningRate", spec.MuonLearningRate is > 0 and <= 1, "Above 0, at most 1.");
        yield return new("adamLearningRate", spec.AdamLearningRate is > 0 and <= 1, "Above 0, at most 1.");
        yield return new("weightDecay", spec.WeightDecay is >= 0 and <= 1, "Between 0 and 1.");
        yield return new("warmupSteps", spec.WarmupSteps >= 0, "Not negative.");
        yield return new("schedule", spec.Schedule is "linear" or "cosine", "'linear' or 'cosine'.");
        yield return new("clipNorm", spec.ClipNorm is >= 0 and < double.PositiveInfinity, "Not negative; 0 switches clipping off.");
        yield return new("validateEverySteps", spec.ValidateEverySteps >= 0, "Not negative; 0 validates at the end only.");
        yield return new("checkpointEverySteps", spec.CheckpointEverySteps >= 1, "At least 1.");
        yield return new("computeType", spec.ComputeType is "auto" or "float32" or "bfloat16", "'auto', 'float32' or 'bfloat16'.");
        yield return new("seed", spec.Seed >= 0, "Not negative.");
    }

    private static IEnumerable<Rule> Check(ModelShape model)
    {
        yield return new("model.hiddenSize", model.HiddenSize is >= 8 and <= WidestModel, $"Between 8 and {WidestModel}.");
        yield return new("model.intermediateSize", model.IntermediateSize is >= 8 and <= 4 * WidestModel, $"Between 8 and {4 * WidestModel}.");
        yield return new("model.layerCount", model.LayerCount is >= 1 and <= 256, "Between 1 and 256.");
        yield return new("model.headCount", model.HeadCount >= 1 && model.HiddenSize % model.HeadCount == 0, $"Has to divide hiddenSize ({model.HiddenSize}).");
        yield return new("model.headCount", model.HeadCount < 1 || model.HiddenSize / model.HeadCount % 2 == 0, "hiddenSize / headCount has to be even, for rotary positions.");
        yield return new("model.kvHeadCount", model.KvHeadCount >= 1 && model.HeadCount % model.KvHeadCount == 0, $"Has to divide headCount ({model.HeadCount}).");
        yield return new("model.ropeTheta", model.RopeTheta is > 1 and < double.PositiveInfinity, "Above 1.");
    }

    private static bool IsArtifactId(string id) => id.Length == ArtifactIdLength && id.All(char.IsAsciiHexDigitLower);

    private sealed record Rule(string Field, bool Holds, string Message);
}
