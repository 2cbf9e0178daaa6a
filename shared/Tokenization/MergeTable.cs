using System.Numerics;

namespace InternPlatform.Tokenization;

/// <summary>One learned merge: two neighbouring tokens become one. Its place in the list is its rank.</summary>
internal readonly record struct Merge(int Left, int Right, int Result);

/// <summary>Rank of a pair of tokens, by open addressing: this look-up is where encoding spends its time.</summary>
internal sealed class MergeTable
{
    public const int None = int.MaxValue;

    private const ulong Free = ulong.MaxValue;
    private readonly ulong[] pairs;
    private readonly int[] ranks;
    private readonly int[] results;
    private readonly int shift;

    public MergeTable(IReadOnlyList<Merge> merges)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, merges.Count * 2));
        shift = 64 - BitOperations.Log2((uint)size);
        pairs = new ulong[size];
        Array.Fill(pairs, Free);
        ranks = new int[size];
        results = new int[merges.Count];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            results[rank] = merges[rank].Result;
            Add(Key(merges[rank].Left, merges[rank].Right), rank);
        }
    }

    /// <summary>Rank of the pair, or <see cref="None"/>.</summary>
    public int RankOf(int left, int right)
    {
        var key = Key(left, right);
        for (var slot = SlotOf(key); pairs[slot] != Free; slot = (slot + 1) & (pairs.Length - 1))
        {
            if (pairs[slot] == key)
            {
                return ranks[slot];
            }
        }

        return None;
    }

    public int ResultOf(int rank) => results[rank];

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int SlotOf(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> shift);

    // A pair listed twice keeps its first, better rank.
    private void Add(ulong key, int rank)
    {
        var slot = SlotOf(key);
        while (pairs[slot] != Free)
        {
            if (pairs[slot] == key)
            {
                return;
            }

            slot = (slot + 1) & (pairs.Length - 1);
        }

        pairs[slot] = key;
        ranks[slot] = rank;
    }
}
