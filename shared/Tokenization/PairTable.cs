using System.Numerics;

namespace InternPlatform.Tokenization;

/// <summary>
/// What a pair of ids gives, by open addressing: this look-up is where encoding spends its time. An entry has a rank in its upper half, so that
/// the better of two is the smaller, and a result in its lower half.
/// </summary>
internal sealed class PairTable
{
    public const ulong None = ulong.MaxValue;

    private const ulong Free = ulong.MaxValue;
    private ulong[] pairs;
    private ulong[] entries;
    private int shift;
    private int count;

    public PairTable(int expected)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, expected * 2));
        (pairs, entries, shift) = Empty(size);
    }

    public static ulong Entry(int rank, int result) => ((ulong)(uint)rank << 32) | (uint)result;

    public static uint RankOf(ulong entry) => (uint)(entry >> 32);

    public static int ResultOf(ulong entry) => (int)entry;

    /// <summary>The pair's entry, or <see cref="None"/>.</summary>
    public ulong Find(int left, int right)
    {
        var slot = SlotOf(Key(left, right));
        return pairs[slot] == Free ? None : entries[slot];
    }

    /// <summary>Adds an entry; false where the pair has one already, which stays.</summary>
    public bool TryAdd(int left, int right, ulong entry)
    {
        if (++count * 2 > pairs.Length)
        {
            Grow();
        }

        var key = Key(left, right);
        var slot = SlotOf(key);
        if (pairs[slot] != Free)
        {
            return false;
        }

        (pairs[slot], entries[slot]) = (key, entry);
        return true;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    // The pair's own slot, or the free one where it would be.
    private int SlotOf(ulong key)
    {
        var slot = (int)((key * 0x9E3779B97F4A7C15UL) >> shift);
        while (pairs[slot] != key && pairs[slot] != Free)
        {
            slot = (slot + 1) & (pairs.Length - 1);
        }

        return slot;
    }

    private static (ulong[] Pairs, ulong[] Entries, int Shift) Empty(uint size)
    {
        var free = new ulong[size];
        Array.Fill(free, Free);
        return (free, new ulong[size], 64 - BitOperations.Log2(size));
    }

    private void Grow()
    {
        var (oldPairs, oldEntries) = (pairs, entries);
        (pairs, entries, shift) = Empty((uint)pairs.Length * 2);
        for (var i = 0; i < oldPairs.Length; i++)
        {
            if (oldPairs[i] != Free)
            {
                var slot = SlotOf(oldPairs[i]);
                (pairs[slot], entries[slot]) = (oldPairs[i], oldEntries[i]);
            }
        }
    }
}
