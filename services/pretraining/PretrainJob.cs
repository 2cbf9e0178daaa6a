using System.Security.Cryptography;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Jobs;
using InternPlatform.Models;
using InternPlatform.Training;

namespace InternPlatform.Pretraining;

/// <summary>
/// Body of the job <c>pretrain</c>. Checkpoints and the loss log lie in the job's folder, so an attempt goes on where the last one stopped,
/// and ends with the same bits.
/// </summary>
internal static class PretrainJob
{
    // The loop keeps it beside its checkpoints, one line a step, and cuts it at each resume.
    private const string LossLogFile = "loss.tsv";

    public static async Task<Contracts.Pretraining.PretrainResult> RunAsync(JobContext job, PretrainSpec spec, CancellationToken cancellationToken)
    {
        var inputs = await PretrainInputs.FetchAsync(job, spec, cancellationToken);
        var options = TrainingOptions.Of(spec, inputs.Tokenizer.VocabularySize);
        var trained = await TrainAsync(job, options, inputs, cancellationToken);
        return await StoreAsync(job, spec, inputs, trained, cancellationToken);
    }

    private static async Task<Training.PretrainResult> TrainAsync(
        JobContext job, PretrainOptions options, PretrainInputs inputs, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(job.Pause, cancellationToken);
        try
        {
            // Off this thread: the reader of the supervisor's messages must not wait for a training step.
            var trained = await Task.Run(
                () => Training.Pretraining.Run(options, inputs.TrainShards, inputs.ValidationShards, CheckpointFolder(job), new TrainingReport(job, options), stop.Token),
                CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return trained.Completed ? trained : throw new JobPausedException();
        }
        catch (TrainingException e)
        {
            throw Problems.CannotTrain(e.Message);
        }
    }

    private static async Task<Contracts.Pretraining.PretrainResult> StoreAsync(
        JobContext job, PretrainSpec spec, PretrainInputs inputs, Training.PretrainResult trained, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(job.WorkFolder, "model");
        if (Directory.Exists(folder))
        {
            // A worker that died here left a folder of unknown state.
            Directory.Delete(folder, recursive: true);
        }

        ModelExport.Write(folder, trained.CheckpointFolder, inputs.Tokenizer);
        var parameters = ParameterCount(folder);
        var sources = Sources(inputs, trained);
        await File.WriteAllTextAsync(Path.Combine(folder, "README.md"), ModelCard.Write(spec, trained, sources, parameters), cancellationToken);
        var artifact = await job.Artifacts.PutFolderAsync("model", folder, Facts(spec), cancellationToken);
        await job.Artifacts.AddReferenceAsync($"{PretrainingService.Name}/jobs/{job.JobId}/model", artifact, cancellationToken);
        job.Log($"Stored the model as {artifact}.");
        return new Contracts.Pretraining.PretrainResult
        {
            ModelArtifactId = artifact,
            Steps = trained.Steps,
            Tokens = trained.Tokens,
            Parameters = parameters,
            ValidationLoss = trained.ValidationLoss,
            ValidationPerplexity = trained.ValidationPerplexity,
            UnigramPerplexity = trained.UnigramPerplexity,
            BigramPerplexity = trained.BigramPerplexity,
            Sources = sources,
            WeightsSha256 = trained.WeightsHash,
            LossLogSha256 = await LossLogHashAsync(job, cancellationToken),
        };
    }

    private static List<SourcePerplexity> Sources(PretrainInputs inputs, Training.PretrainResult trained)
    {
        return [.. inputs.SourceNames.Zip(trained.HeldOut, (name, shard) => new SourcePerplexity
        {
            Name = name,
            ScoredTokens = shard.Scored,
            Perplexity = Finite(shard.Perplexity),
            UnigramPerplexity = Finite(shard.Unigram),
            BigramPerplexity = Finite(shard.Bigram),
        })];

        static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    private static long ParameterCount(string folder)
    {
        using var model = ModelFolder.Open(folder);
        return model.Config.ParameterCount();
    }

    private static async Task<string> LossLogHashAsync(JobContext job, CancellationToken cancellationToken)
    {
        await using var log = File.OpenRead(Path.Combine(CheckpointFolder(job), LossLogFile));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(log, cancellationToken));
    }

    private static Dictionary<string, string> Facts(PretrainSpec spec) => new()
    {
        ["name"] = spec.Name,
        ["shards"] = spec.ShardsArtifactId,
        ["tokenizer"] = spec.TokenizerArtifactId,
    };

    private static string CheckpointFolder(JobContext job) => Path.Combine(job.WorkFolder, "checkpoints");
}
