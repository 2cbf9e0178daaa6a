namespace InternPlatform.Inference.Engine;

/// <summary>Random numbers by counter (SplitMix64, Steele et al. 2014): draw i of a seed needs no state, so preemption and batching cannot shift it.</summary>
internal static class SequenceRandom
{
    /// <summary>Uniform in [0, 1).</summary>
    public static double Draw(ulong seed, int index) =>
        (Mix(Mix(seed + 0x9E3779B97F4A7C15UL) + (((ulong)index + 1) * 0x9E3779B97F4A7C15UL)) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
