using InternPlatform.Contracts.Catalog;
using InternPlatform.Tokenization;

namespace InternPlatform.Catalog.Tokens;

/// <summary>Writes the encoded sources as shards.</summary>
internal static class Shards
{
    public static WrittenShards Write(string folder, IReadOnlyList<EncodedSource> sources, TokenizeDatasets spec, CancellationToken cancellationToken)
    {
        var picks = Mixture.Make([.. sources.Select(source => source.Train)], spec.TokenBudget, spec.MostPasses, spec.Seed);
        var trainTokens = WriteTrain(Path.Join(folder, "train", "en"), sources, picks, cancellationToken);
        var names = FolderNames([.. sources.Select(source => source.Name)]);
        var parts = sources.Select((source, index) => new MixturePart
        {
            Name = source.Name,
            Folder = names[index],
            ArtifactId = source.ArtifactId,
            AvailableTokens = source.TrainTokens,
            TrainTokens = trainTokens[index],
            ValidationTokens = WriteValidation(Path.Join(folder, "valid", "en", names[index]), source, cancellationToken),
        }).ToList();
        return new WrittenShards(parts, picks.Length);
    }

    /// <summary>Names of data sets as names of folders: letters and digits of ASCII, each name once.</summary>
    public static IReadOnlyList<string> FolderNames(IReadOnlyList<string> datasets)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. datasets.Select((dataset, index) =>
        {
            var letters = new string([.. dataset.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]).Trim('-');
            var name = letters.Any(char.IsAsciiLetterOrDigit) ? letters : $"dataset-{index + 1}";
            return taken.Add(name) ? name : AddFree($"{name}-{index + 1}");
        })];

        string AddFree(string name) => taken.Add(name) ? name : AddFree(name + "-");
    }

    private static long[] WriteTrain(string folder, IReadOnlyList<EncodedSource> sources, Mixture.Pick[] picks, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var tokens = new long[sources.Count];
        using var shard = new TokenShardWriter(Path.Join(folder, "train.bin"));
        foreach (var pick in picks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ids = sources[pick.Source].Read(sources[pick.Source].Train[pick.Sample]);
            shard.Add(ids);
            tokens[pick.Source] += ids.Length;
        }

        shard.Complete();
        return tokens;
    }

    private static long WriteValidation(string folder, EncodedSource source, CancellationToken cancellationToken)
    {
        if (source.Validation.Count == 0)
        {
            return 0;
        }

        Directory.CreateDirectory(folder);
        using var shard = new TokenShardWriter(Path.Join(folder, "valid.bin"));
        foreach (var sample in source.Validation)
        {
            cancellationToken.ThrowIfCancellationRequested();
            shard.Add(source.Read(sample));
        }

        shard.Complete();
        return source.Validation.Sum(sample => (long)sample.Count);
    }
}

/// <param name="Parts">What each data set gave.</param>
/// <param name="TrainSamples">Samples in the training shard.</param>
internal sealed record WrittenShards(IReadOnlyList<MixturePart> Parts, int TrainSamples);

/// <summary>One entry of <c>mixture.json</c>.</summary>
internal sealed record MixturePart
{
    public required string Name { get; init; }

    /// <summary>Its folder below <c>valid/en</c>.</summary>
    public required string Folder { get; init; }
    public required string ArtifactId { get; init; }

    /// <summary>Tokens it has for training.</summary>
    public required long AvailableTokens { get; init; }

    /// <summary>Tokens of it in the training shard; more than available where it is repeated.</summary>
    public required long TrainTokens { get; init; }
    public required long ValidationTokens { get; init; }
}
