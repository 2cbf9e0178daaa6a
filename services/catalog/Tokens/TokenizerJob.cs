using System.Globalization;
using System.Text;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Models;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tokenization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Catalog.Tokens;

/// <summary>The job <c>tokenizer</c>: trains byte-level BPE, or SentencePiece's BPE or unigram, on a fair sample of the data sets' texts.</summary>
internal static class TokenizerJob
{
    public const string Kind = "tokenizer";
    private const int SampleRows = 20_000;
    private const int SampleBytes = 20 << 20;
    private const int MeasuredBytes = 2 << 20;
    private const int LargestVocabulary = 200_000;
    private const int Seed = 1;

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(TrainTokenizer spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        if (ObjectName.Refusal(spec.Name) is { } reason)
        {
            return Problems.InvalidName(spec.Name, reason);
        }

        var smallest = BpeTrainingOptions.InternLm2SpecialTokens.Count + 256;
        if (!Enum.IsDefined(spec.Algorithm))
        {
            return Problems.InvalidSpec("algorithm", $"It is one of {string.Join(", ", Enum.GetNames<TokenizerAlgorithm>())}.");
        }

        return spec.VocabularySize < smallest || spec.VocabularySize > LargestVocabulary
            ? Problems.InvalidSpec("vocabularySize", $"It is from {smallest} (special tokens and bytes) to {LargestVocabulary}.")
            : await KnownArtifacts.RefuseDatasetsAsync(db, spec.DatasetArtifactIds, cancellationToken);
    }

    public static Task<TokenizerResult> RunAsync(JobContext job, TrainTokenizer spec, CancellationToken cancellationToken) =>
        DiskSpace.WatchAsync(job.WorkFolder, () => TrainAsync(job, spec, cancellationToken));

    public static async ValueTask CompleteAsync(JobCompletion<CatalogDb, TrainTokenizer, TokenizerResult> done, CancellationToken cancellationToken) =>
        await Production.AddAsync(
            done.Db, done.Outbox,
            new ArtifactProduced
            {
                ArtifactId = done.Result.ArtifactId,
                Kind = "tokenizer",
                Name = done.Spec.Name,
                Service = Problems.Service,
                JobId = done.Job.Id,
                ProjectId = done.Job.ProjectId,
                Inputs = done.Spec.DatasetArtifactIds,
                Figures = new Dictionary<string, double> { ["vocabularySize"] = done.Result.VocabularySize, ["bytesPerToken"] = done.Result.BytesPerToken },
            },
            TimeProvider.System.GetUtcNow(), cancellationToken);

    private static async Task<TokenizerResult> TrainAsync(JobContext job, TrainTokenizer spec, CancellationToken cancellationToken)
    {
        var sources = new List<DatasetRows>();
        try
        {
            foreach (var artifactId in spec.DatasetArtifactIds)
            {
                sources.Add(await SourceRows.OpenAsync(job.Artifacts, artifactId, cancellationToken));
            }

            var tokenizer = Train(sources.SelectMany(source => Sample(source, SampleRows, SampleBytes)), spec, new VocabularyProgress(job, spec.VocabularySize), cancellationToken);
            var bytesPerToken = Measure(tokenizer, sources);
            job.Log(string.Create(CultureInfo.InvariantCulture, $"{tokenizer.VocabularySize} tokens, {bytesPerToken:0.00} bytes per token."));
            return await StoreAsync(job, spec, tokenizer, bytesPerToken, cancellationToken);
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
        }
    }

    private static Tokenizer Train(IEnumerable<string> texts, TrainTokenizer spec, VocabularyProgress progress, CancellationToken cancellationToken) =>
        spec.Algorithm == TokenizerAlgorithm.ByteLevelBpe
            ? BpeTrainer.Train(texts, new() { VocabularySize = spec.VocabularySize }, progress, cancellationToken)
            : SentencePieceTrainer.Train(
                texts, new() { VocabularySize = spec.VocabularySize, IsUnigram = spec.Algorithm == TokenizerAlgorithm.Unigram }, progress, cancellationToken);

    /// <summary>Rows spread evenly over the data set, each with the same chance.</summary>
    private static IEnumerable<string> Sample(DatasetRows source, int mostRows, int mostBytes)
    {
        var share = Math.Min(1, Math.Min(mostRows / (double)Math.Max(1, source.Meta.Rows), mostBytes / (double)Math.Max(1, source.Meta.Bytes)));
        var lines = source.Lines();
        for (var row = 0L; lines.TryRead(out var line); row++)
        {
            if (SeededOrder.IsIn(share, Seed, row))
            {
                var stored = DatasetRows.Parse(line.ToArray());
                if (stored.Record is not null)
                {
                    throw JobProblems.RecordsNotText(source.Name, row + 1);
                }

                foreach (var text in RowText.Plain(stored))
                {
                    yield return text;
                }
            }
        }
    }

    private static double Measure(Tokenizer tokenizer, List<DatasetRows> sources)
    {
        var (bytes, tokens) = (0L, 0L);
        foreach (var text in sources.SelectMany(source => Sample(source, SampleRows, MeasuredBytes)))
        {
            bytes += Encoding.UTF8.GetByteCount(text);
            tokens += tokenizer.Encode(text).Length;
        }

        return tokens > 0 ? bytes / (double)tokens : throw JobProblems.NothingToLearn();
    }

    private static async Task<TokenizerResult> StoreAsync(JobContext job, TrainTokenizer spec, Tokenizer tokenizer, double bytesPerToken, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "tokenizer");
        Directory.CreateDirectory(folder);
        tokenizer.Save(folder);
        var facts = new Dictionary<string, string>
        {
            ["name"] = spec.Name,
            ["vocabularySize"] = tokenizer.VocabularySize.ToString(CultureInfo.InvariantCulture),
            ["algorithm"] = spec.Algorithm.ToString(),
        };
        var artifactId = await job.Artifacts.PutFolderAsync("tokenizer", folder, facts, cancellationToken);
        await job.Artifacts.AddReferenceAsync(CatalogFiles.JobReference(job.JobId), artifactId, cancellationToken);
        return new TokenizerResult { ArtifactId = artifactId, VocabularySize = tokenizer.VocabularySize, BytesPerToken = bytesPerToken };
    }

    private sealed class VocabularyProgress(JobContext job, int vocabularySize) : IProgress<double>
    {
        public void Report(double value) => job.Progress((long)(value * vocabularySize), vocabularySize, "tokens");
    }
}
