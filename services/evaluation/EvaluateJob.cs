using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Asking;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Evaluation.Samples;
using InternPlatform.Evaluation.Scoring;
using InternPlatform.Jobs;

namespace InternPlatform.Evaluation;

/// <summary>
/// Body of the job <c>evaluate</c>. Samples lie in the job's folder, so an attempt goes on where the last one stopped and ends with the same bytes:
/// the engine gives a sequence the same bits in whatever company it is computed.
/// </summary>
internal static class EvaluateJob
{
    public static async Task<EvaluateResult> RunAsync(JobContext job, EvaluateSpec spec, CancellationToken cancellationToken)
    {
        List<QuestionSet> sets = [];
        foreach (var suite in spec.Suites)
        {
            sets.Add(await QuestionSet.ReadAsync(job.Artifacts, suite, spec.Seed, cancellationToken));
        }

        var model = await AskedModel.FindAsync(job, spec, sets.Select(set => set.Benchmark), cancellationToken);
        await KeepToModelAsync(job, spec, model.ArtifactId, cancellationToken);
        using var samples = SampleFile.Open(Path.Combine(job.WorkFolder, SampleFile.Name));
        var tasks = AskingPlan.Tasks(spec, sets);
        await new EvaluationRun(job, spec, model, samples).AskAllAsync(tasks, cancellationToken);
        return await StoreAsync(job, spec, model, samples, cancellationToken);
    }

    /// <summary>Samples of two models must not meet in one score: an attempt that finds another model behind the name says so.</summary>
    private static async Task KeepToModelAsync(JobContext job, EvaluateSpec spec, string artifactId, CancellationToken cancellationToken)
    {
        var path = Path.Combine(job.WorkFolder, "model");
        if (!File.Exists(path))
        {
            await File.WriteAllTextAsync(path + ".new", artifactId, cancellationToken);
            File.Move(path + ".new", path);
        }

        var begun = await File.ReadAllTextAsync(path, cancellationToken);
        if (begun != artifactId)
        {
            throw Problems.ModelChanged(spec.Model, begun, artifactId);
        }
    }

    private static async Task<EvaluateResult> StoreAsync(JobContext job, EvaluateSpec spec, AskedModel model, SampleFile samples, CancellationToken cancellationToken)
    {
        var failed = samples.Samples.Count(sample => sample.Verdict == SampleTask.Failed);
        if (failed == samples.Samples.Count)
        {
            throw Problems.NothingScored(failed, samples.Samples.First().Problem!);
        }

        var scores = Scores.Of(spec, samples.Samples);
        var folder = Path.Combine(job.WorkFolder, "evaluation");
        if (Directory.Exists(folder))
        {
            // A worker that died here left a folder of unknown state.
            Directory.Delete(folder, recursive: true);
        }

        EvaluationReport.Write(folder, spec, model, samples.Samples, scores);
        var facts = new Dictionary<string, string> { ["name"] = spec.Name, ["model"] = model.ArtifactId };
        var artifact = await job.Artifacts.PutFolderAsync("evaluation", folder, facts, cancellationToken);
        await job.Artifacts.AddReferenceAsync($"{EvaluationService.Name}/jobs/{job.JobId}/evaluation", artifact, cancellationToken);
        job.Log($"Stored {samples.Samples.Count} samples as {artifact}.");
        return new EvaluateResult
        {
            ArtifactId = artifact,
            ModelArtifactId = model.ArtifactId,
            Scores = scores,
            Average = Scores.Average(scores),
            Samples = samples.Samples.Count,
            Failed = failed,
        };
    }
}
