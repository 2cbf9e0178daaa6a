using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InternPlatform.Training.Data;

/// <summary>The samples of a run: one set per stream of the mix, and one per held-out shard.</summary>
internal sealed record Corpus(IReadOnlyList<TokenSamples> Train, IReadOnlyList<double> Shares, IReadOnlyList<TokenSamples> HeldOut, string Hash)
{
    /// <exception cref="TrainingException">No training shard, or not one share per shard.</exception>
    public static Corpus Load(PretrainOptions options, IReadOnlyList<string> train, IReadOnlyList<string> valid)
    {
        if (train.Count == 0)
        {
            throw new TrainingException("There is no training shard.");
        }

        if (options.ShardShares is { } shares && shares.Count != train.Count)
        {
            throw new TrainingException($"{nameof(PretrainOptions.ShardShares)} has {shares.Count} entries for {train.Count} training shards.");
        }

        var samples = options.ShardShares is null
            ? (IReadOnlyList<TokenSamples>)[TokenSamples.Load(train, options.VocabularySize)]
            : [.. train.Select(path => TokenSamples.Load([path], options.VocabularySize))];
        return new(samples, options.ShardShares ?? [1], [.. valid.Select(path => TokenSamples.Load([path], options.VocabularySize))], HashOf(samples));
    }

    /// <summary>Samples that are already in memory, as one stream.</summary>
    public static Corpus Of(TokenSamples train, TokenSamples? valid) => new([train], [1], valid is null ? [] : [valid], HashOf([train]));

    public RowMixer Mixer(PretrainOptions options) =>
        new([.. Train.Select((samples, i) => new RowStream(samples, options.SequenceLength, options.Seed, i))], Shares);

    private static string HashOf(IReadOnlyList<TokenSamples> samples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var set in samples)
        {
            for (var i = 0; i < set.Count; i++)
            {
                hash.AppendData(MemoryMarshal.AsBytes(set[i]));
                hash.AppendData([0, 0, 0, 0]);      // an id of 0 cannot be scored: it marks the border
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
