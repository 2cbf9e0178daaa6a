using InternPlatform.Jobs;
using InternPlatform.Training;

namespace InternPlatform.Pretraining;

/// <summary>What the loop tells, as the job's metrics and progress.</summary>
internal sealed class TrainingReport(JobContext job, PretrainOptions options) : ITrainingObserver
{
    public void Step(TrainingStep step)
    {
        Metric("loss", step.Step, step.Loss);
        Metric("learning_rate", step.Step, step.LearningRate);
        Metric("gradient_norm", step.Step, step.GradientNorm);
        Metric("tokens_per_second", step.Step, step.TokensPerSecond);
        job.Progress(step.Tokens, options.TotalSteps * options.TokensPerStep, "tokens");
    }

    public void Validation(long step, double loss) => Metric("validation_loss", step, loss);

    public void Checkpoint(long step, string folder) => job.Log($"Checkpoint at step {step}.");

    public void Skipped(long step, string where) => job.Warn($"Step {step} changed nothing: {where} was not finite.");

    public void Started(long step, long totalSteps, long parameters, string computeType, int threads)
    {
        job.Log($"{(step == 0 ? "Training begins" : $"Training goes on after step {step}")}: {parameters} parameters, {totalSteps} steps, {computeType}, {threads} threads.");
        job.Progress(step * options.TokensPerStep, totalSteps * options.TokensPerStep, "tokens");
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
