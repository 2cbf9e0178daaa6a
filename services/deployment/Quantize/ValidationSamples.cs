using InternPlatform.Artifacts;
using InternPlatform.Jobs;
using InternPlatform.Tokenization;

namespace InternPlatform.Deployment.Quantize;

/// <summary>The first validation samples of shards, one of each file in turn, so that a mixture is measured in all its parts.</summary>
internal static class ValidationSamples
{
    /// <returns>Signed token ids of each sample; the last is cut where the number of scored tokens is reached.</returns>
    public static async Task<IReadOnlyList<int[]>> ReadAsync(JobContext job, string shardsArtifactId, int scoredTokens, Tokenizer tokenizer, int vocabularySize, CancellationToken cancellationToken)
    {
        var (folder, manifest) = await JobInputs.FetchAsync(job, "shards", shardsArtifactId, cancellationToken);
        await CheckTokenizerAsync(job, shardsArtifactId, manifest, tokenizer, cancellationToken);
        var samples = Read(folder, shardsArtifactId, scoredTokens);
        if (samples.Count == 0)
        {
            throw Problems.NothingToMeasure(shardsArtifactId);
        }

        return samples.SelectMany(sample => sample).Select(Math.Abs).Max() is var largest && largest >= vocabularySize
            ? throw Problems.VocabularyDiffers(shardsArtifactId, $"They hold the token {largest}; the model has {vocabularySize}.")
            : samples;
    }

    private static List<int[]> Read(string folder, string shardsArtifactId, int scoredTokens)
    {
        var readers = new List<TokenShardReader>();
        try
        {
            readers.AddRange(Directory.EnumerateFiles(folder, "*.bin", SearchOption.AllDirectories)
                .Where(path => Path.GetRelativePath(folder, path).StartsWith("valid", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(TokenShardReader.Open));
            return Take(readers, scoredTokens);
        }
        catch (InvalidShardException e)
        {
            throw Problems.InputUnusable("shards", shardsArtifactId, e.Message);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private static List<int[]> Take(List<TokenShardReader> readers, int scoredTokens)
    {
        var samples = new List<int[]>();
        var most = readers.Count == 0 ? 0 : readers.Max(reader => reader.Count);
        for (var i = 0; i < most; i++)
        {
            foreach (var reader in readers.Where(reader => i < reader.Count))
            {
                var (sample, scored) = Cut(reader.Read(i), scoredTokens);
                if (scored > 0)
                {
                    samples.Add(sample);
                }

                scoredTokens -= scored;
                if (scoredTokens == 0)
                {
                    return samples;
                }
            }
        }

        return samples;
    }

    /// <summary>The first token is never scored: nothing predicts it.</summary>
    private static (int[] Sample, int Scored) Cut(int[] sample, int most)
    {
        var scored = 0;
        for (var i = 1; i < sample.Length; i++)
        {
            if (sample[i] > 0 && ++scored == most)
            {
                return (sample[..(i + 1)], scored);
            }
        }

        return (sample, scored);
    }

    /// <summary>Shards name the tokenizer they were made with. Ids that fit by number alone would give a perplexity without meaning.</summary>
    private static async Task CheckTokenizerAsync(JobContext job, string shardsArtifactId, Manifest shards, Tokenizer tokenizer, CancellationToken cancellationToken)
    {
        if (!shards.Facts.TryGetValue("tokenizer", out var tokenizerId) || !await job.Artifacts.ExistsAsync(tokenizerId, cancellationToken))
        {
            job.Warn("The shards do not say which tokenizer made them, or it is gone: only the range of their ids is checked.");
            return;
        }

        var (folder, _) = await JobInputs.FetchAsync(job, "tokenizer", tokenizerId, cancellationToken);
        var theirs = Tokenizer.Load(folder);
        var count = Math.Min(theirs.VocabularySize, tokenizer.VocabularySize);
        var differs = Enumerable.Range(0, count).FirstOrDefault(id => !theirs.TokenBytes(id).SequenceEqual(tokenizer.TokenBytes(id)), -1);
        if (differs >= 0 || theirs.VocabularySize != tokenizer.VocabularySize)
        {
            throw Problems.VocabularyDiffers(shardsArtifactId, differs >= 0
                ? $"Token {differs} is another text in each."
                : $"Their tokenizer has {theirs.VocabularySize} tokens, the model's {tokenizer.VocabularySize}.");
        }
    }
}
