namespace InternPlatform.Kernels.Cpu;

/// <summary>
/// Turns per position of each pair of a head, and how they are stretched for contexts beyond what a model was trained for. All return [D/2] in double, as the
/// checkpoints' authors define them.
/// </summary>
public static class RopeFrequencies
{
    /// <summary>theta^(−2j/D) (Su et al. 2021, arXiv:2104.09864).</summary>
    /// <param name="theta">The checkpoint's <c>rope_theta</c>.</param>
    /// <param name="headDim">D, even.</param>
    /// <exception cref="ArgumentException">D is odd.</exception>
    public static double[] Plain(double theta, int headDim)
    {
        Shape.Require(headDim > 0 && headDim % 2 == 0, nameof(headDim), $"{headDim} is not a positive even number");
        return [.. Enumerable.Range(0, headDim / 2).Select(j => Math.Pow(theta, -2.0 * j / headDim))];
    }

    /// <summary>Position interpolation (Chen et al. 2023, arXiv:2306.15595): all turns slower by the factor.</summary>
    public static double[] Linear(double theta, int headDim, double factor) => [.. Plain(theta, headDim).Select(turn => turn / factor)];

    /// <summary>
    /// "NTK-aware" scaling with a base that grows with the context (<c>dynamic</c>). The context is the longest that is served, not the sequence's present length: keys that lie
    /// in the cache have been turned already, and an answer must not depend on when it was cut into chunks.
    /// </summary>
    /// <param name="theta">Base.</param>
    /// <param name="headDim">D.</param>
    /// <param name="factor">Stretch.</param>
    /// <param name="trained">Positions that the model was trained for.</param>
    /// <param name="context">Positions that are served; up to <paramref name="trained"/> nothing changes.</param>
    public static double[] DynamicNtk(double theta, int headDim, double factor, int trained, int context) => context <= trained
        ? Plain(theta, headDim)
        : Plain(theta * Math.Pow((factor * context / trained) - (factor - 1), headDim / (headDim - 2.0)), headDim);

    /// <summary>Llama 3.1: slow turns slower by the factor, fast ones left alone, a ramp between.</summary>
    /// <param name="theta">Base.</param>
    /// <param name="headDim">D.</param>
    /// <param name="factor">Stretch.</param>
    /// <param name="lowFactor"><c>low_freq_factor</c>: fewer turns than this in the trained context are slow.</param>
    /// <param name="highFactor"><c>high_freq_factor</c>: more turns than this are fast.</param>
    /// <param name="trained"><c>original_max_position_embeddings</c>.</param>
    public static double[] Llama3(double theta, int headDim, double factor, double lowFactor, double highFactor, int trained) =>
        [.. Plain(theta, headDim).Select(turn =>
        {
            var turns = trained * turn / (2 * Math.PI);
            var fast = Math.Clamp((turns - lowFactor) / (highFactor - lowFactor), 0, 1);
            return (fast * turn) + ((1 - fast) * turn / factor);
        })];

    /// <summary>YaRN (Peng et al. 2023, arXiv:2309.00071): as Llama 3, with a ramp over the pairs' numbers; see <see cref="YarnAttention"/> for the second part.</summary>
    /// <param name="theta">Base.</param>
    /// <param name="headDim">D.</param>
    /// <param name="factor">Stretch.</param>
    /// <param name="betaFast">Turns in the trained context from which a pair is fast; 32 in the paper.</param>
    /// <param name="betaSlow">Turns up to which a pair is slow; 1 in the paper.</param>
    /// <param name="trained">Positions that the model was trained for.</param>
    public static double[] Yarn(double theta, int headDim, double factor, double betaFast, double betaSlow, int trained)
    {
        var low = Math.Max(0, Math.Floor(PairOf(betaFast)));
        var high = Math.Min(headDim - 1, Math.Ceiling(PairOf(betaSlow)));
        return [.. Plain(theta, headDim).Select((turn, j) =>
        {
            var slow = Math.Clamp((j - low) / Math.Max(high - low, 0.001), 0, 1);
            return ((1 - slow) * turn) + (slow * turn / factor);
        })];

        double PairOf(double turns) => headDim * Math.Log(trained / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    /// <summary>What YaRN multiplies sines and cosines by: 0.1 ln(factor) + 1.</summary>
    public static double YarnAttention(double factor) => factor <= 1 ? 1 : (0.1 * Math.Log(factor)) + 1;
}
