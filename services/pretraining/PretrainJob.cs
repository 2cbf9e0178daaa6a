using InternPlatform.Artifacts;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Jobs;
using InternPlatform.Models;
using InternPlatform.Training;

namespace InternPlatform.Pretraining;

/// <summary>
/// Body of the job <c>pretrain</c>. Checkpoints and the loss log live in the job's folder, so an attempt goes on where the last one stopped,
/// and ends with the same bits.
/// </summary>
internal static class PretrainJob
{
    public static async Task<Contracts.Pretraining.PretrainResult> RunAsync(JobContext job, PretrainSpec spec, CancellationToken cancellationToken)
    {
        var inputs = await PretrainInputs.FetchAsync(job, spec, cancellationToken);
        var options = TrainingOptions.Of(spec, inputs.Tokenizer.VocabularySize);
        using var losses = LossLog.Open(Path.Combine(job.WorkFolder, "losses.log"));
        var trained = await TrainAsync(job, spec, options, inputs, losses, cancellationToken);
        return await StoreAsync(job, spec, inputs, trained, losses, cancellationToken);
    }

    private static async Task<Training.PretrainResult> TrainAsync(
        JobContext job, PretrainSpec spec, PretrainOptions options, PretrainInputs inputs, LossLog losses, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(job.Pause, cancellationToken);
        try
        {
            LibTorch.Load();
            // Off this thread: the reader of the supervisor's messages must not wait for a training step.
            var trained = await Task.Run(
                () => Training.Pretraining.Run(options, inputs.TrainShards, inputs.ValidationShards, CheckpointFolder(job), new TrainingReport(job, spec.TokenBudget, losses), stop.Token),
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
        JobContext job, PretrainSpec spec, PretrainInputs inputs, Training.PretrainResult trained, LossLog losses, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(job.WorkFolder, "model");
        if (Directory.Exists(folder))
        {
            // A worker that died here left a folder of unknown state.
            Directory.Delete(folder, recursive: true);
        }

        ModelExport.Write(folder, CheckpointFolder(job), inputs.Tokenizer);
        var parameters = ParameterCount(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "README.md"), ModelCard.Write(spec, trained, parameters), cancellationToken);
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
            WeightsSha256 = trained.WeightsHash,
            LossLogSha256 = losses.Sha256(),
        };
    }

    private static long ParameterCount(string folder)
    {
        using var model = ModelFolder.Open(folder);
        return model.Config.ParameterCount();
    }

    private static Dictionary<string, string> Facts(PretrainSpec spec) => new()
    {
        ["name"] = spec.Name,
        ["shards"] = spec.ShardsArtifactId,
        ["tokenizer"] = spec.TokenizerArtifactId,
    };

    private static string CheckpointFolder(JobContext job) => Path.Combine(job.WorkFolder, "checkpoints");
}
