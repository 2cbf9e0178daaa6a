namespace InternPlatform.Catalog.Cleaning;

/// <summary>
/// Signatures by their bands: two rows that agree in one band are candidates. There are as many bands as it takes to miss at most two in a hundred pairs at the
/// threshold. Two generations bound the memory: when the younger one is full, the older one is forgotten.
/// </summary>
internal sealed class SignatureIndex
{
    private const double MostMissed = 0.02;

    private readonly int bands;
    private readonly int rowsPerBand;
    private readonly double threshold;
    private readonly int generationRows;
    private Generation young;
    private Generation old;

    public SignatureIndex(int permutations, double threshold, int window)
    {
        this.threshold = threshold;
        generationRows = window;
        rowsPerBand = RowsPerBand(permutations, threshold);
        bands = permutations / rowsPerBand;
        (young, old) = (new Generation(bands), new Generation(bands));
    }

    /// <summary>The most similar row before, where it is similar enough; else the row is remembered.</summary>
    public (long Row, double Similarity)? FindOrAdd(uint[] signature, long row)
    {
        var keys = Keys(signature);
        if (Best(young.Find(keys, signature), old.Find(keys, signature)) is { } found && found.Similarity >= threshold)
        {
            return found;
        }

        young.Add(keys, signature, row);
        if (young.Count == generationRows)
        {
            (old, young) = (young, new Generation(bands));
        }

        return null;
    }

    /// <summary>The longest bands with which a pair at the threshold is still found: it agrees in none of b bands of r rows with probability (1 − Jʳ)ᵇ.</summary>
    private static int RowsPerBand(int permutations, double threshold)
    {
        var rows = 1;
        while (rows < 16 && Math.Pow(1 - Math.Pow(threshold, rows + 1), permutations / (rows + 1)) <= MostMissed)
        {
            rows++;
        }

        return rows;
    }

    private static (long Row, double Similarity)? Best((long Row, double Similarity)? one, (long Row, double Similarity)? other) =>
        other is null || one?.Similarity >= other.Value.Similarity ? one : other;

    private ulong[] Keys(uint[] signature)
    {
        var keys = new ulong[bands];
        for (var band = 0; band < bands; band++)
        {
            var key = (ulong)band;
            foreach (var value in signature.AsSpan(band * rowsPerBand, rowsPerBand))
            {
                key = (key ^ value) * 0x9E3779B97F4A7C15UL;
                key ^= key >> 32;
            }

            keys[band] = key;
        }

        return keys;
    }

    private sealed class Generation(int bands)
    {
        private readonly Dictionary<ulong, int>[] places = [.. Enumerable.Range(0, bands).Select(_ => new Dictionary<ulong, int>())];
        private readonly List<(uint[] Signature, long Row)> rows = [];

        public int Count => rows.Count;

        public void Add(ulong[] keys, uint[] signature, long row)
        {
            for (var band = 0; band < keys.Length; band++)
            {
                places[band].TryAdd(keys[band], rows.Count);
            }

            rows.Add((signature, row));
        }

        public (long Row, double Similarity)? Find(ulong[] keys, uint[] signature)
        {
            (long Row, double Similarity)? best = null;
            var seen = -1;
            for (var band = 0; band < keys.Length; band++)
            {
                if (places[band].TryGetValue(keys[band], out var place) && place != seen)
                {
                    seen = place;
                    best = Best(best, (rows[place].Row, MinHash.Similarity(rows[place].Signature, signature)));
                }
            }

            return best;
        }
    }
}
