using InternPlatform.Training;

namespace InternPlatform.TrainTiny;

/// <summary>One line every fifty steps.</summary>
internal sealed class ConsoleObserver : ITrainingObserver
{
    private const int Interval = 50;
    private double loss;
    private double tokensPerSecond;

    public void Started(long step, long totalSteps, long parameters, string computeType, int threads) =>
        Console.WriteLine($"training {parameters} parameters in {computeType} on {threads} threads, steps {step} to {totalSteps}");

    public void Step(TrainingStep step)
    {
        loss += step.Loss;
        tokensPerSecond += step.TokensPerSecond;
        if (step.Step % Interval == 0)
        {
            Console.WriteLine($"step {step.Step} tokens {step.Tokens} loss {loss / Interval:F4} norm {step.GradientNorm:F3} lr {step.LearningRate:F5} {tokensPerSecond / Interval:F0} tokens/s");
            (loss, tokensPerSecond) = (0, 0);
        }
    }

    public void Validation(long step, double loss) => Console.WriteLine($"step {step} validation loss {loss:F4}, perplexity {Math.Exp(loss):F3}");

    public void Checkpoint(long step, string folder) => Console.WriteLine($"step {step} checkpoint {folder}");

    public void Skipped(long step, string where) => Console.WriteLine($"step {step} skipped: {where} is not finite");
}
