using System.Security.Cryptography;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Jobs;
using InternPlatform.Models;
using InternPlatform.Tokenization;
using InternPlatform.Training;

namespace InternPlatform.Finetuning;

/// <summary>
/// Body of the job <c>sft</c>. Checkpoints, the loss log and sample answers lie in the job's folder, so an attempt goes on where the last one
/// stopped, and ends with the same bits.
/// </summary>
internal static class SftJob
{
    // The loop keeps it beside its checkpoints, one line a step, and cuts it at each resume.
    private const string LossLogFile = "loss.tsv";

    public static async Task<SftResult> RunAsync(JobContext job, SftSpec spec, CancellationToken cancellationToken)
    {
        using var model = await BaseModel.OpenAsync(job, spec.BaseModelArtifactId, cancellationToken);
        var template = ChatTemplate.Get(spec.ChatTemplate);
        if (!template.Fits(model.Tokenizer))
        {
            throw Problems.TemplateUnfit(template, model.Tokenizer);
        }

        var encoder = new DialogueEncoder(template, model.Tokenizer, spec.SequenceLength);
        var dialogues = await Dialogues.ReadAsync(job, spec, encoder, cancellationToken);
        var stops = template.StopIds(model.Tokenizer);
        var answers = new SampleAnswers(job, spec, encoder, model.Tokenizer, stops);
        var tuned = await TrainAsync(job, spec, model, dialogues, answers, cancellationToken);
        return await StoreAsync(new Finished(job, spec, model, dialogues.Rows, answers.All, tuned), template, stops, cancellationToken);
    }

    private static async Task<TuneResult> TrainAsync(
        JobContext job, SftSpec spec, ModelFolder model, Dialogues dialogues, SampleAnswers answers, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(job.Pause, cancellationToken);
        try
        {
            // Off this thread: the reader of the supervisor's messages must not wait for a training step.
            var tuned = await Task.Run(
                () => Tuning.Run(TuningOptions(spec), model, dialogues.Split(spec.ValidationShare, spec.Seed), CheckpointFolder(job), new TuningReport(job, answers), stop.Token),
                CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return tuned.Completed ? tuned : throw new JobPausedException();
        }
        catch (TrainingException e)
        {
            throw Problems.CannotTrain(e.Message);
        }
    }

    private static async Task<SftResult> StoreAsync(Finished run, ChatTemplate template, IReadOnlyList<int> stops, CancellationToken cancellationToken)
    {
        var (job, tuned) = (run.Job, run.Tuned);
        var adapter = run.Spec.Method == "lora" ? await StoreAdapterAsync(run, cancellationToken) : null;
        var folder = Empty(job, "model");
        var hash = TuningExport.WriteModel(folder, run.Model, tuned.CheckpointFolder, run.Model.Tokenizer.WithChatTemplate(template), stops);
        await File.WriteAllTextAsync(Path.Combine(folder, "README.md"), ModelCard.OfModel(run.Spec, tuned, run.Rows, adapter, hash), cancellationToken);
        var artifact = await PutAsync(run, "model", folder, cancellationToken);
        return new SftResult
        {
            ModelArtifactId = artifact,
            AdapterArtifactId = adapter,
            Steps = tuned.Steps,
            Tokens = tuned.Tokens,
            ScoredTokens = tuned.ScoredTokens,
            TrainableParameters = tuned.TrainableParameters,
            Parameters = tuned.Parameters,
            ValidationLossBefore = tuned.ValidationLossBefore,
            ValidationLossAfter = tuned.ValidationLossAfter,
            Rows = run.Rows,
            Answers = run.Answers,
            WeightsSha256 = hash,
            LossLogSha256 = await LossLogHashAsync(job, cancellationToken),
        };
    }

    private static async Task<string> StoreAdapterAsync(Finished run, CancellationToken cancellationToken)
    {
        var folder = Empty(run.Job, "adapter");
        TuningExport.WriteAdapter(folder, run.Tuned.CheckpointFolder, run.Spec.BaseModelArtifactId);
        await File.WriteAllTextAsync(Path.Combine(folder, "README.md"), ModelCard.OfAdapter(run.Spec, run.Tuned), cancellationToken);
        return await PutAsync(run, "adapter", folder, cancellationToken);
    }

    private static async Task<string> PutAsync(Finished run, string kind, string folder, CancellationToken cancellationToken)
    {
        var facts = new Dictionary<string, string> { ["name"] = run.Spec.Name, ["base"] = run.Spec.BaseModelArtifactId, ["chatTemplate"] = run.Spec.ChatTemplate };
        var artifact = await run.Job.Artifacts.PutFolderAsync(kind, folder, facts, cancellationToken);
        await run.Job.Artifacts.AddReferenceAsync($"{FinetuningService.Name}/jobs/{run.Job.JobId}/{kind}", artifact, cancellationToken);
        run.Job.Log($"Stored the {kind} as {artifact}.");
        return artifact;
    }

    /// <summary>A worker that died while it wrote leaves a folder of unknown state.</summary>
    private static string Empty(JobContext job, string name)
    {
        var folder = Path.Combine(job.WorkFolder, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return folder;
    }

    private static async Task<string> LossLogHashAsync(JobContext job, CancellationToken cancellationToken)
    {
        await using var log = File.OpenRead(Path.Combine(CheckpointFolder(job), LossLogFile));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(log, cancellationToken));
    }

    private static TuneOptions TuningOptions(SftSpec spec) => new()
    {
        Method = spec.Method == "full" ? TuningMethod.Full : TuningMethod.Lora,
        LoraRank = spec.LoraRank,
        LoraAlpha = spec.LoraAlpha,
        SequenceLength = spec.SequenceLength,
        BatchSize = spec.BatchSize,
        TokenBudget = spec.TokenBudget,
        Epochs = spec.Epochs,
        LearningRate = spec.LearningRate,
        WarmupSteps = spec.WarmupSteps,
        ClipNorm = spec.ClipNorm,
        CheckpointEverySteps = spec.CheckpointEverySteps,
        Seed = (ulong)spec.Seed,
    };

    private static string CheckpointFolder(JobContext job) => Path.Combine(job.WorkFolder, "checkpoints");

    private sealed record Finished(JobContext Job, SftSpec Spec, ModelFolder Model, SftRows Rows, IReadOnlyList<SampleAnswer> Answers, TuneResult Tuned);
}
