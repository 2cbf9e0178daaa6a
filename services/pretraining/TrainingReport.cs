using InternPlatform.Jobs;
using InternPlatform.Training;

namespace InternPlatform.Pretraining;

/// <summary>What the loop tells, as the job's metrics and progress.</summary>
internal sealed class TrainingReport(JobContext job, long tokenBudget, LossLog losses) : ITrainingObserver
{
    public void Step(TrainingStep step)
    {
        losses.Add(step.Step, step.Loss);
        job.Metric("loss", step.Step, step.Loss);
        job.Metric("learning_rate", step.Step, step.LearningRate);
        job.Metric("gradient_norm", step.Step, step.GradientNorm);
        job.Metric("tokens_per_second", step.Step, step.TokensPerSecond);
        job.Progress(step.Tokens, tokenBudget, "tokens");
    }

    public void Validation(long step, double loss) => job.Metric("validation_loss", step, loss);

    public void Checkpoint(long step, string folder) => job.Log($"Checkpoint at step {step}.");
}
