namespace InternPlatform.Catalog.Tokens;

/// <summary>Choices that a seed fixes for ever, whatever the runtime's own generator does in its next version.</summary>
/// <remarks>SplitMix64: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".</remarks>
internal static class SeededOrder
{
    /// <summary>A number that looks random, for each seed and index another.</summary>
    public static ulong Hash(int seed, long index)
    {
        var z = (ulong)index * 0x9E3779B97F4A7C15UL + (ulong)(uint)seed * 0xD1B54A32D192ED03UL + 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Whether the index belongs to a share of all.</summary>
    public static bool IsIn(double share, int seed, long index) => Hash(seed, index) / (double)ulong.MaxValue < share;

    /// <summary>Fisher and Yates.</summary>
    public static void Shuffle<T>(Span<T> items, int seed)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = (int)Math.BigMul(Hash(seed, i), (ulong)(i + 1), out _);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
