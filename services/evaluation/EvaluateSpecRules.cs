using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Evaluation;

/// <summary>Refuses, when a job is posted, what could only fail later; every field that is wrong at once.</summary>
internal static class EvaluateSpecRules
{
    private const int ArtifactIdLength = 64;
    private const int MostSuites = 32;
    private const int MostShots = 32;
    private const int MostRequests = 64;

    public static ProblemHttpResult? Refuse(EvaluateSpec spec)
    {
        var errors = Check(spec).Concat(spec.Suites.SelectMany((suite, i) => Check(suite, $"suites[{i}]"))).Where(rule => !rule.Holds)
            .GroupBy(rule => rule.Field).ToDictionary(field => field.Key, field => field.Select(rule => rule.Message).ToArray());
        return errors.Count == 0 ? null : Problems.InvalidSpec(errors);
    }

    private static IEnumerable<Rule> Check(EvaluateSpec spec)
    {
        yield return new("name", spec.Name.Trim().Length is > 0 and <= 100, "A name of 1 to 100 characters.");
        yield return new("model", spec.Model.Length is > 0 and <= 200, "The name of a deployment; GET /v1/models lists them.");
        yield return new("modelArtifactId", spec.ModelArtifactId is null || IsArtifactId(spec.ModelArtifactId), "The id of an artefact of kind model: 64 hexadecimal digits.");
        yield return new("suites", spec.Suites.Count is > 0 and <= MostSuites, $"1 to {MostSuites} suites.");
        yield return new("concurrency", spec.Concurrency is >= 1 and <= MostRequests, $"Between 1 and {MostRequests} requests.");
        yield return new("seed", spec.Seed >= 0, "Not negative.");
    }

    private static IEnumerable<Rule> Check(EvaluateSuite suite, string at)
    {
        yield return new($"{at}.benchmark", BenchmarkList.Find(suite.Benchmark) is not null, $"One of {string.Join(", ", BenchmarkList.All.Select(known => known.Name))}.");
        yield return new($"{at}.datasetArtifactId", IsArtifactId(suite.DatasetArtifactId), "The id of an artefact of kind dataset: 64 hexadecimal digits.");
        yield return new($"{at}.limit", suite.Limit is null or >= 1, "At least 1 question; leave it out for all.");
        yield return new($"{at}.fewShot", suite.FewShot is >= 0 and <= MostShots, $"Between 0 and {MostShots} examples.");
    }

    private static bool IsArtifactId(string id) => id.Length == ArtifactIdLength && id.All(char.IsAsciiHexDigitLower);

    private sealed record Rule(string Field, bool Holds, string Message);
}
