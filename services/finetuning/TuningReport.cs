using InternPlatform.Jobs;
using InternPlatform.Training;

namespace InternPlatform.Finetuning;

/// <summary>What the loop tells, as the job's metrics, log and progress; the series have the names that pretraining gives them.</summary>
internal sealed class TuningReport(JobContext job, SampleAnswers answers) : ITrainingObserver
{
    private long steps;

    public void Step(TrainingStep step)
    {
        Metric("loss", step.Step, step.Loss);
        Metric("learning_rate", step.Step, step.LearningRate);
        Metric("gradient_norm", step.Step, step.GradientNorm);
        Metric("tokens_per_second", step.Step, step.TokensPerSecond);
        job.Progress(step.Step, steps, "steps");
    }

    public void Validation(long step, double loss) => Metric("validation_loss", step, loss);

    public void Checkpoint(long step, string folder) => job.Log($"Checkpoint at step {step}.");

    public void Sample(long step, ModelInTraining model) => answers.Ask(step, model);

    public void Skipped(long step, string where) => job.Warn($"Step {step} changed nothing: {where} was not finite.");

    public void Started(long step, long totalSteps, long parameters, string computeType, int threads)
    {
        steps = totalSteps;
        job.Log($"{(step == 0 ? "Tuning begins" : $"Tuning goes on after step {step}")}: {parameters} trained parameters, {totalSteps} steps, {computeType}, {threads} threads.");
        job.Progress(step, totalSteps, "steps");
    }

    /// <summary>A value that is not finite has no place on a chart; the loss log keeps it.</summary>
    private void Metric(string name, long step, double value)
    {
        if (double.IsFinite(value))
        {
            job.Metric(name, step, value);
        }
    }
}
