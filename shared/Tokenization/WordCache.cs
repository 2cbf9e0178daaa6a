using System.Runtime.InteropServices;

namespace InternPlatform.Tokenization;

/// <summary>
/// Words already encoded, in a table of fixed size where a new word replaces an old one. Entries never change after
/// they are published, so threads share it without a lock: the worst a race can do is to lose an entry.
/// </summary>
internal sealed class WordCache
{
    /// <summary>In bytes, of whatever encoding the caller keeps to.</summary>
    public const int LongestWord = 96;

    private const int Slots = 1 << 16;
    private readonly Entry?[] entries = new Entry?[Slots];

    public static int SlotOf(ReadOnlySpan<byte> word)
    {
        var hash = (ulong)word.Length;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(word))
        {
            hash = (hash ^ eight) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 32;
        }

        foreach (var value in word[(word.Length & ~7)..])
        {
            hash = (hash ^ value) * 0x9E3779B97F4A7C15UL;
        }

        return (int)(hash >> 48);
    }

    public int[]? Find(ReadOnlySpan<byte> word, int slot)
    {
        var entry = Volatile.Read(ref entries[slot]);
        return entry is not null && word.SequenceEqual(entry.Word) ? entry.Ids : null;
    }

    public void Add(ReadOnlySpan<byte> word, int slot, int[] ids) =>
        Volatile.Write(ref entries[slot], new Entry(word.ToArray(), ids));

    private sealed record Entry(byte[] Word, int[] Ids);
}
