using System.Globalization;
using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Catalog.Models;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tokenization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Catalog.Tokens;

/// <summary>
/// The job <c>tokenize</c>: data sets become shards in InternEvo's form. <c>train/en/train.bin</c> holds the mixture in its order; <c>valid/en/{data set}/valid.bin</c>
/// the rows kept back of each data set, so that each can be measured alone; <c>mixture.json</c> says what was mixed.
/// </summary>
internal static class TokenizeJob
{
    public const string Kind = "tokenize";

    public static async ValueTask<ProblemHttpResult?> RefuseAsync(TokenizeDatasets spec, CatalogDb db, Caller caller, CancellationToken cancellationToken)
    {
        if (ObjectName.Refusal(spec.Name) is { } reason)
        {
            return Problems.InvalidName(spec.Name, reason);
        }

        if (!ChatTemplate.Names.Contains(spec.ChatTemplate))
        {
            return Problems.InvalidSpec("chatTemplate", $"It is one of: {string.Join(", ", ChatTemplate.Names)}.");
        }

        if (spec.ValidationShare is not (>= 0 and <= 0.5))
        {
            return Problems.InvalidSpec("validationShare", "It is from 0 to 0.5.");
        }

        if (spec.MostPasses is < 1 or > 1000)
        {
            return Problems.InvalidSpec("mostPasses", "It is from 1 to 1000.");
        }

        if (spec.TokenBudget is < 1)
        {
            return Problems.InvalidSpec("tokenBudget", "It is 1 or more, or left out.");
        }

        return await KnownArtifacts.RefuseAsync(db, spec.TokenizerArtifactId, "tokenizer", cancellationToken)
            ?? await KnownArtifacts.RefuseDatasetsAsync(db, spec.DatasetArtifactIds, cancellationToken);
    }

    public static Task<TokenizeResult> RunAsync(JobContext job, TokenizeDatasets spec, CancellationToken cancellationToken) =>
        DiskSpace.WatchAsync(job.WorkFolder, () => TokenizeAsync(job, spec, cancellationToken));

    public static async ValueTask CompleteAsync(JobCompletion<CatalogDb, TokenizeDatasets, TokenizeResult> done, CancellationToken cancellationToken) =>
        await Production.AddAsync(
            done.Db, done.Outbox,
            new ArtifactProduced
            {
                ArtifactId = done.Result.ArtifactId,
                Kind = "shards",
                Name = done.Spec.Name,
                Service = Problems.Service,
                JobId = done.Job.Id,
                ProjectId = done.Job.ProjectId,
                Inputs = [done.Spec.TokenizerArtifactId, .. done.Spec.DatasetArtifactIds],
                Figures = new Dictionary<string, double> { ["trainTokens"] = done.Result.TrainTokens, ["validationTokens"] = done.Result.ValidationTokens },
            },
            TimeProvider.System.GetUtcNow(), cancellationToken);

    private static async Task<TokenizeResult> TokenizeAsync(JobContext job, TokenizeDatasets spec, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "shards");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);    // of an attempt that was lost
        }

        var encoder = new RowEncoder(await LoadTokenizerAsync(job, spec.TokenizerArtifactId, cancellationToken), spec.TokenizerArtifactId, ChatTemplate.Get(spec.ChatTemplate));
        var sources = new List<EncodedSource>();
        try
        {
            await EncodeAsync(job, spec, encoder, sources, cancellationToken);
            var written = Shards.Write(folder, sources, spec, cancellationToken);
            foreach (var part in written.Parts)
            {
                job.Log($"{part.Name}: {part.TrainTokens} tokens to train on of {part.AvailableTokens}, {part.ValidationTokens} kept back.");
            }

            await File.WriteAllBytesAsync(Path.Join(folder, "mixture.json"), JsonSerializer.SerializeToUtf8Bytes(written.Parts, PlatformJson.Options), cancellationToken);
            var artifactId = await job.Artifacts.PutFolderAsync("shards", folder, Facts(spec, written), cancellationToken);
            await job.Artifacts.AddReferenceAsync(CatalogFiles.JobReference(job.JobId), artifactId, cancellationToken);
            Directory.Delete(folder, recursive: true);
            return new TokenizeResult
            {
                ArtifactId = artifactId,
                TrainTokens = written.Parts.Sum(part => part.TrainTokens),
                ValidationTokens = written.Parts.Sum(part => part.ValidationTokens),
                TrainSamples = written.TrainSamples,
            };
        }
        finally
        {
            sources.ForEach(source => source.Dispose());
        }
    }

    private static async Task EncodeAsync(JobContext job, TokenizeDatasets spec, RowEncoder encoder, List<EncodedSource> sources, CancellationToken cancellationToken)
    {
        var rows = new List<DatasetRows>();
        try
        {
            foreach (var artifactId in spec.DatasetArtifactIds)
            {
                rows.Add(await SourceRows.OpenAsync(job.Artifacts, artifactId, cancellationToken));
            }

            var total = rows.Sum(dataset => dataset.Meta.Bytes);
            var before = 0L;
            foreach (var dataset in rows)
            {
                var path = Path.Join(job.WorkFolder, $"source-{sources.Count}.ids");
                sources.Add(EncodedSource.Encode(dataset, encoder, spec.ValidationShare, path, position => job.Progress(before + position, total, "bytes"), cancellationToken));
                before += dataset.Meta.Bytes;
            }
        }
        finally
        {
            rows.ForEach(dataset => dataset.Dispose());
        }
    }

    private static async Task<Tokenizer> LoadTokenizerAsync(JobContext job, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Path.Join(job.WorkFolder, "tokenizer");
        await job.Artifacts.MaterializeAsync(artifactId, folder, cancellationToken);
        try
        {
            return Tokenizer.Load(folder);
        }
        catch (InvalidTokenizerException e)
        {
            throw JobProblems.NotATokenizer(artifactId, e.Message);
        }
    }

    private static Dictionary<string, string> Facts(TokenizeDatasets spec, WrittenShards written) => new()
    {
        ["name"] = spec.Name,
        ["tokenizer"] = spec.TokenizerArtifactId,
        ["chatTemplate"] = spec.ChatTemplate,
        ["trainTokens"] = written.Parts.Sum(part => part.TrainTokens).ToString(CultureInfo.InvariantCulture),
    };
}
