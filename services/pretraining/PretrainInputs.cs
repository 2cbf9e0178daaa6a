using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tokenization;

namespace InternPlatform.Pretraining;

/// <summary>What a training reads, as files below the job's folder; a next attempt finds them there.</summary>
internal sealed record PretrainInputs(Tokenizer Tokenizer, IReadOnlyList<string> TrainShards, IReadOnlyList<string> ValidationShards)
{
    /// <summary>Names of the data sets that the validation shards were kept back of, in their order.</summary>
    public required IReadOnlyList<string> SourceNames { get; init; }

    public static async Task<PretrainInputs> FetchAsync(JobContext job, PretrainSpec spec, CancellationToken cancellationToken)
    {
        var shards = await FetchAsync(job, "shards", spec.ShardsArtifactId, cancellationToken);
        var tokenizer = await FetchAsync(job, "tokenizer", spec.TokenizerArtifactId, cancellationToken);
        var (train, validation) = (Shards(shards, "train"), Shards(shards, "valid"));
        return train.Count == 0 || validation.Count == 0
            ? throw Problems.NoShards(spec.ShardsArtifactId)
            : new PretrainInputs(LoadTokenizer(tokenizer, spec.TokenizerArtifactId), train, validation) { SourceNames = NamesOf(shards, validation) };
    }

    private static async Task<string> FetchAsync(JobContext job, string kind, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(job.WorkFolder, "inputs", kind);
        try
        {
            var manifest = await job.Artifacts.ReadManifestAsync(artifactId, cancellationToken);
            if (manifest.Kind != kind)
            {
                throw Problems.InputMissing(kind, artifactId, $"It is an artefact of kind '{manifest.Kind}'.");
            }

            await job.Artifacts.MaterializeAsync(artifactId, folder, cancellationToken);
            return folder;
        }
        catch (Exception e) when (e is ArtifactNotFoundException or CorruptArtifactException or InvalidManifestException)
        {
            throw Problems.InputMissing(kind, artifactId, e.Message);
        }
    }

    private static Tokenizer LoadTokenizer(string folder, string artifactId)
    {
        try
        {
            return Tokenizer.Load(folder);
        }
        catch (InvalidTokenizerException e)
        {
            throw Problems.InputMissing("tokenizer", artifactId, e.Message);
        }
    }

    /// <summary>As <c>mixture.json</c> has them; of shards from elsewhere, their paths.</summary>
    private static List<string> NamesOf(string folder, List<string> validation)
    {
        var mixture = Path.Combine(folder, "mixture.json");
        var parts = File.Exists(mixture) ? JsonSerializer.Deserialize<Part[]>(File.ReadAllBytes(mixture), PlatformJson.Options) ?? [] : [];
        return [.. validation.Select(path => parts.FirstOrDefault(part => part.Folder == Path.GetFileName(Path.GetDirectoryName(path)))?.Name
            ?? Path.GetRelativePath(folder, path).Replace('\\', '/'))];
    }

    /// <summary>train.bin, and train/en/part-0.bin as InternEvo lays them out.</summary>
    private static List<string> Shards(string folder, string part) =>
        [.. Directory.EnumerateFiles(folder, "*.bin", SearchOption.AllDirectories)
            .Where(path => Path.GetRelativePath(folder, path).StartsWith(part, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    /// <summary>Of an entry of <c>mixture.json</c>.</summary>
    private sealed record Part(string Name, string Folder);
}
