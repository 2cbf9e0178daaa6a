using System.Runtime.InteropServices;

namespace InternPlatform.Tokenization;

/// <summary>
/// Counts of neighbouring token pairs and the words that hold them, kept up to date merge by merge: a merge touches
/// only the words that contain its pair. Ties go to the smaller pair of ids, so the outcome has no chance in it.
/// </summary>
internal sealed class PairIndex
{
    private const long Least = 2;
    private readonly List<CountedWord> words;
    private readonly Func<int, int, bool> isAllowed;
    private readonly Dictionary<ulong, Pair> pairs = [];

    // Counts in the queue may be out of date; what is taken is checked against the pair and put back if it fell.
    private readonly PriorityQueue<Pair, (long MinusCount, ulong Key)> queue = new();
    private readonly HashSet<Pair> grown = [];

    /// <param name="words">Changed by every merge.</param>
    /// <param name="isAllowed">Asked once of each pair, when it is first seen.</param>
    public PairIndex(List<CountedWord> words, Func<int, int, bool> isAllowed)
    {
        this.words = words;
        this.isAllowed = isAllowed;
        for (var word = 0; word < words.Count; word++)
        {
            for (var i = 0; i + 1 < words[word].Length; i++)
            {
                Grow(words[word].Ids[i], words[word].Ids[i + 1], word);
            }
        }

        QueueGrown();
    }

    /// <summary>The allowed pair that occurs most often, if one occurs at least twice.</summary>
    public bool TakeMostFrequent(out int left, out int right)
    {
        while (queue.TryDequeue(out var pair, out var priority))
        {
            if (pair.Count == -priority.MinusCount)
            {
                (left, right) = ((int)(pair.Key >> 32), (int)(uint)pair.Key);
                return true;
            }

            Queue(pair);
        }

        (left, right) = (-1, -1);
        return false;
    }

    /// <summary>Writes <paramref name="id"/> for the pair in every word.</summary>
    public void Replace(int left, int right, int id)
    {
        var pair = pairs[KeyOf(left, right)];
        foreach (var word in pair.Words)
        {
            ReplaceIn(word, left, right, id);
        }

        pair.Count = 0;
        pair.Words.Clear();
        QueueGrown();
    }

    private void ReplaceIn(int index, int left, int right, int id)
    {
        var word = words[index];
        var ids = word.Ids;
        var kept = 0;
        for (var i = 0; i < word.Length; i++)
        {
            if (i + 1 == word.Length || ids[i] != left || ids[i + 1] != right)
            {
                ids[kept++] = ids[i];
                continue;
            }

            if (kept > 0)
            {
                Shrink(ids[kept - 1], left, word.Count);
                Grow(ids[kept - 1], id, index);
            }

            if (i + 2 < word.Length)
            {
                Shrink(right, ids[i + 2], word.Count);
                Grow(id, ids[i + 2], index);
            }

            ids[kept++] = id;
            i++;
        }

        word.Length = kept;
    }

    private void Grow(int left, int right, int word)
    {
        ref var pair = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, KeyOf(left, right), out var known);
        if (!known)
        {
            pair = new Pair(KeyOf(left, right), isAllowed(left, right));
        }

        if (pair!.IsAllowed)
        {
            pair.Count += words[word].Count;
            pair.AddWord(word);
            grown.Add(pair);
        }
    }

    private void Shrink(int left, int right, long count)
    {
        var pair = pairs[KeyOf(left, right)];
        pair.Count -= pair.IsAllowed ? count : 0;
    }

    private void QueueGrown()
    {
        foreach (var pair in grown)
        {
            Queue(pair);
        }

        grown.Clear();
    }

    private void Queue(Pair pair)
    {
        if (pair.Count >= Least)
        {
            queue.Enqueue(pair, (-pair.Count, pair.Key));
        }
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private sealed class Pair(ulong key, bool isAllowed)
    {
        public ulong Key { get; } = key;

        public bool IsAllowed { get; } = isAllowed;

        public long Count { get; set; }

        /// <summary>Every word that holds the pair, and perhaps some that no longer do.</summary>
        public List<int> Words { get; } = [];

        public void AddWord(int word)
        {
            if (Words.Count == 0 || Words[^1] != word)
            {
                Words.Add(word);
            }
        }
    }
}
