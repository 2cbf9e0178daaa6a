using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Asking;
using InternPlatform.Evaluation.Samples;
using InternPlatform.Evaluation.Scoring;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Evaluation;

/// <summary>The files of an artefact of kind <c>evaluation</c>. No time and no job is in them: the same answers give the same bytes.</summary>
internal static class EvaluationReport
{
    public const string ScoresFile = "scores.json";

    public static void Write(string folder, EvaluateSpec spec, AskedModel model, IReadOnlyCollection<SampleView> samples, IReadOnlyList<ScoreView> scores)
    {
        Directory.CreateDirectory(folder);
        using (var file = File.Create(Path.Combine(folder, SampleFile.Name)))
        {
            foreach (var sample in samples)
            {
                SampleFile.Write(file, sample);
            }
        }

        var report = new StoredReport
        {
            Model = spec.Model,
            ModelArtifactId = model.ArtifactId,
            Template = model.Served.Template,
            ContextLength = model.Served.ContextLength,
            Suites = spec.Suites,
            Seed = spec.Seed,
            Decoding = new Dictionary<string, double> { ["temperature"] = 0, ["n"] = 1 },
            PromptsSha256 = Hash(samples),
            Scores = scores,
            Average = Scores.Average(scores),
        };
        File.WriteAllBytes(Path.Combine(folder, ScoresFile), JsonSerializer.SerializeToUtf8Bytes(report, PlatformJson.Options));
    }

    /// <summary>Two runs with one hash asked the same things in the same words.</summary>
    private static string Hash(IEnumerable<SampleView> samples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var sample in samples)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(sample.Prompt));
            hash.AppendData([0]);
            foreach (var choice in sample.Choices)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(choice.Text));
                hash.AppendData([0]);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record StoredReport
    {
        public required string Model { get; init; }
        public required string ModelArtifactId { get; init; }
        public string? Template { get; init; }
        public int? ContextLength { get; init; }
        public required IReadOnlyList<EvaluateSuite> Suites { get; init; }
        public required int Seed { get; init; }
        public required IReadOnlyDictionary<string, double> Decoding { get; init; }
        public required string PromptsSha256 { get; init; }
        public required IReadOnlyList<ScoreView> Scores { get; init; }
        public double? Average { get; init; }
    }
}
