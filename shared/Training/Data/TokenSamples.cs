using InternPlatform.Tokenization;

namespace InternPlatform.Training.Data;

/// <summary>All samples of some shards in memory, four bytes a token. A negative id is read as input but never predicted.</summary>
internal sealed class TokenSamples
{
    private readonly int[] ids;
    private readonly int[] starts;

    private TokenSamples(int[] ids, int[] starts)
    {
        this.ids = ids;
        this.starts = starts;
    }

    public int Count => starts.Length - 1;

    public long TotalTokens => ids.Length;

    public ReadOnlySpan<int> this[int sample] => ids.AsSpan(starts[sample], starts[sample + 1] - starts[sample]);

    /// <exception cref="TrainingException">No shard, no sample, or an id outside the vocabulary.</exception>
    public static TokenSamples Load(IReadOnlyList<string> shards, int vocabularySize)
    {
        var ids = new List<int>();
        var starts = new List<int> { 0 };
        foreach (var path in shards)
        {
            using var shard = TokenShardReader.Open(path);
            for (var i = 0; i < shard.Count; i++)
            {
                var sample = shard.Read(i);
                Check(sample, vocabularySize, path, i);
                ids.AddRange(sample);
                starts.Add(ids.Count);
            }
        }

        return ids.Count > 0
            ? new([.. ids], [.. starts])
            : throw new TrainingException($"There is no token in the shards [{string.Join(", ", shards)}]: import and tokenise a dataset first.");
    }

    /// <exception cref="TrainingException">There is no token, or an id is outside the vocabulary.</exception>
    public static TokenSamples Of(IReadOnlyList<int[]> samples, int vocabularySize, string what)
    {
        for (var i = 0; i < samples.Count; i++)
        {
            Check(samples[i], vocabularySize, what, i);
        }

        return samples.Any(sample => sample.Length > 0) ? Of(samples) : throw new TrainingException($"There is no token in the {what}.");
    }

    public static TokenSamples Of(IEnumerable<int[]> samples)
    {
        var all = samples.ToArray();
        var starts = new int[all.Length + 1];
        for (var i = 0; i < all.Length; i++)
        {
            starts[i + 1] = starts[i] + all[i].Length;
        }

        return new([.. all.SelectMany(sample => sample)], starts);
    }

    private static void Check(ReadOnlySpan<int> sample, int vocabularySize, string path, int index)
    {
        foreach (var id in sample)
        {
            if (Math.Abs((long)id) >= vocabularySize)
            {
                throw new TrainingException($"{path}, sample {index}: token id {id} is outside the vocabulary of {vocabularySize}; the tokens belong to another tokenizer.");
            }
        }
    }
}
