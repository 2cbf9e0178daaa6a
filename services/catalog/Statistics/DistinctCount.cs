namespace InternPlatform.Catalog.Statistics;

/// <summary>
/// Counts different values in bounded memory: exactly up to 65 536, beyond that by keeping the hashes of an ever smaller share of all values (Wegman's
/// adaptive sampling; Flajolet 1990), with an error of about half a percent.
/// </summary>
internal sealed class DistinctCount
{
    private const int Most = 1 << 16;

    private readonly HashSet<ulong> kept = [];
    private ulong mask;

    public long Value => kept.Count * (long)(mask + 1);

    public void Add(ReadOnlySpan<char> value)
    {
        var hash = Hash(value);
        if ((hash & mask) == 0 && kept.Add(hash) && kept.Count > Most)
        {
            mask = (mask << 1) | 1;
            kept.RemoveWhere(one => (one & mask) != 0);
        }
    }

    /// <summary>FNV-1a over the characters, then mixed: every bit of it looks random.</summary>
    private static ulong Hash(ReadOnlySpan<char> value)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in value)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }
}
