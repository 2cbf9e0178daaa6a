using InternPlatform.Contracts.Deployment;
using InternPlatform.Models;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Deployment.Quantize;

/// <summary>Refuses, when a job is posted, what no model could make good; every field that is wrong at once.</summary>
internal static class QuantizeSpecRules
{
    private const int LongestName = 100;
    private const int LargestGroup = 1024;
    private const int MostTokens = 2_000_000;

    public static ProblemHttpResult? Refuse(QuantizeSpec spec)
    {
        var errors = Check(spec).Where(rule => !rule.Holds).GroupBy(rule => rule.Field).ToDictionary(field => field.Key, field => field.Select(rule => rule.Message).ToArray());
        return errors.Count == 0 ? null : Problems.InvalidSpec(errors);
    }

    private static IEnumerable<(string Field, bool Holds, string Message)> Check(QuantizeSpec spec)
    {
        yield return ("name", spec.Name.Trim().Length is > 0 and <= LongestName && spec.Name == spec.Name.Trim() && !Guid.TryParse(spec.Name, out _),
            $"A name of 1 to {LongestName} characters that is not an id.");
        yield return ("modelArtifactId", IsArtifactId(spec.ModelArtifactId), "The id of an artefact of kind model: 64 hexadecimal digits.");
        yield return ("shardsArtifactId", spec.ShardsArtifactId is null || IsArtifactId(spec.ShardsArtifactId), "The id of an artefact of kind shards: 64 hexadecimal digits; or left out.");
        yield return ("bits", spec.Bits is 4 or 8, "4 or 8.");
        yield return ("groupSize", spec.Bits == 8 || (spec.GroupSize is >= QuantizationConfig.GroupStep and <= LargestGroup && spec.GroupSize % QuantizationConfig.GroupStep == 0),
            $"A multiple of {QuantizationConfig.GroupStep} from {QuantizationConfig.GroupStep} to {LargestGroup} that divides the widths of the model's matrices, such as 32.");
        yield return ("perplexityTokens", spec.PerplexityTokens is >= 1 and <= MostTokens, $"Between 1 and {MostTokens}.");
    }

    private static bool IsArtifactId(string id) => id.Length == 64 && id.All(char.IsAsciiHexDigitLower);
}
