namespace InternPlatform.Training.Optimization;

/// <summary>Fraction of the peak learning rate at each step: warm-up, constant, decay.</summary>
internal static class Schedule
{
    /// <param name="options">Warm-up, constant fraction, decay and final fraction.</param>
    /// <param name="step">Optimizer step, from 1.</param>
    public static double Factor(PretrainOptions options, long step)
    {
        if (step <= options.WarmupSteps)
        {
            return (double)step / Math.Max(1, options.WarmupSteps);
        }

        double total = options.TotalSteps, start = Math.Max(options.WarmupSteps, options.ConstantFraction * total);
        if (step <= start || options.Decay == DecayShape.Constant)
        {
            return 1;
        }

        var progress = Math.Min(1, (step - start) / Math.Max(1, total - start));
        var remaining = options.Decay == DecayShape.Cosine ? (1 + Math.Cos(Math.PI * progress)) / 2 : 1 - progress;
        return options.FinalFraction + ((1 - options.FinalFraction) * remaining);
    }
}
