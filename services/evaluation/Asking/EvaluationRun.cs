using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Evaluation.Samples;
using InternPlatform.Jobs;

namespace InternPlatform.Evaluation.Asking;

/// <summary>Asks what is not answered yet, several requests at a time, and keeps every sample as soon as it is there.</summary>
internal sealed class EvaluationRun(JobContext job, EvaluateSpec spec, AskedModel model, SampleFile samples)
{
    private const int MostWarnings = 5;
    private readonly Lock keeping = new();
    private int failures;

    public async Task AskAllAsync(IReadOnlyList<SampleTask> tasks, CancellationToken cancellationToken)
    {
        var left = tasks.Where(task => !samples.Has(task.Index)).ToList();
        job.Log(left.Count == tasks.Count ? $"Asking {tasks.Count} samples." : $"Asking {left.Count} samples; {tasks.Count - left.Count} are there already.");
        job.Progress(tasks.Count - left.Count, tasks.Count, "samples");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(job.Pause, cancellationToken);
        var limits = new ParallelOptions { MaxDegreeOfParallelism = spec.Concurrency, CancellationToken = stop.Token };
        try
        {
            // What is under way is answered and kept, also when another request fails or a pause is asked for.
            await Parallel.ForEachAsync(
                AskingPlan.Batches(left, model.Frame, AskingPlan.PromptsPerRequest(spec.Concurrency)), limits,
                async (batch, _) => Keep(await AskAsync(batch, cancellationToken), tasks.Count));
        }
        catch (OperationCanceledException) when (job.Pause.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new JobPausedException();
        }
    }

    private void Keep(IReadOnlyList<SampleView> answered, int total)
    {
        lock (keeping)
        {
            samples.Add(answered);
            job.Progress(samples.Samples.Count, total, "samples");
            foreach (var failed in answered.Where(sample => sample.Verdict == SampleTask.Failed))
            {
                if (failures++ < MostWarnings)
                {
                    job.Warn($"Sample {failed.Index} ({failed.Benchmark}, row {failed.Row}) failed: {failed.Problem}");
                }
            }
        }
    }

    /// <summary>What is refused together is asked one by one, so that only the question at fault fails.</summary>
    private async Task<IReadOnlyList<SampleView>> AskAsync(Batch batch, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(batch, cancellationToken);
        }
        catch (QuestionRefusedException e) when (batch.Tasks is [var task])
        {
            return [task.Failure(task.Question.Text ?? model.Frame.Open(task.Messages).Text, e.Message)];
        }
        catch (QuestionRefusedException)
        {
            List<SampleView> one = [];
            foreach (var task in batch.Tasks)
            {
                one.AddRange(await AskAsync(batch with { Tasks = [task] }, cancellationToken));
            }

            return one;
        }
    }

    private async Task<IReadOnlyList<SampleView>> SendAsync(Batch batch, CancellationToken cancellationToken) => batch.Mode switch
    {
        Measure.Choice => await ChoiceAsker.AskAsync(model, batch.Tasks, cancellationToken),
        Measure.Generation => await GenerationAsker.AskAsync(model, batch.Tasks, batch.MaxTokens, spec.Seed, cancellationToken),
        Measure.Perplexity => [await PerplexityAsker.AskAsync(model, batch.Tasks[0], AskingPlan.PromptsPerRequest(spec.Concurrency), cancellationToken)],
        _ => [await ToolAsker.AskAsync(model, batch.Tasks[0], spec.Seed, cancellationToken)],
    };
}
