namespace InternPlatform.Tokenization;

/// <summary>One learned merge: two neighbouring tokens become one. Its place in the list is its rank.</summary>
internal readonly record struct Merge(int Left, int Right, int Result)
{
    /// <summary>The merges by their pair. A pair listed twice keeps its first, better rank.</summary>
    public static PairTable Table(IReadOnlyList<Merge> merges)
    {
        var table = new PairTable(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            table.TryAdd(merges[rank].Left, merges[rank].Right, PairTable.Entry(rank, merges[rank].Result));
        }

        return table;
    }
}
