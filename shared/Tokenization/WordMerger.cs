namespace InternPlatform.Tokenization;

/// <summary>
/// Merges the tokens of one word: again and again the pair of lowest rank, of equal ranks the leftmost, until no pair has a rank.
/// </summary>
internal sealed class WordMerger(PairTable merges)
{
    // Above this a scan per merge is slower than a heap, and a megabyte without a space would take hours.
    private const int ScanLimit = 160;

    /// <summary>Merges <paramref name="ids"/> in place and returns how many are left.</summary>
    public int Merge(Span<int> ids) => ids.Length <= ScanLimit ? MergeByScan(ids) : MergeByHeap(ids);

    private int MergeByScan(Span<int> ids)
    {
        Span<ulong> pairs = stackalloc ulong[ScanLimit];
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
        {
            pairs[i] = merges.Find(ids[i], ids[i + 1]);
        }

        while (count > 1)
        {
            var best = PairTable.None;
            var at = -1;
            for (var i = 0; i + 1 < count; i++)
            {
                if (PairTable.RankOf(pairs[i]) < PairTable.RankOf(best))
                {
                    best = pairs[i];
                    at = i;
                }
            }

            if (at < 0)
            {
                break;
            }

            ids[at] = PairTable.ResultOf(best);
            ids[(at + 2)..count].CopyTo(ids[(at + 1)..]);
            pairs[(at + 1)..(count - 1)].CopyTo(pairs[at..]);
            count--;
            if (at > 0)
            {
                pairs[at - 1] = merges.Find(ids[at - 1], ids[at]);
            }

            if (at + 1 < count)
            {
                pairs[at] = merges.Find(ids[at], ids[at + 1]);
            }
        }

        return count;
    }

    private int MergeByHeap(Span<int> ids)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int Left, int Right, int Result), (uint Rank, int At)>();
        for (var i = 0; i < ids.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Offer(queue, ids, i, i + 1);
        }

        while (queue.TryDequeue(out var pair, out var priority))
        {
            var at = priority.At;
            var right = next[at];
            if (ids[at] != pair.Left || right == ids.Length || ids[right] != pair.Right)
            {
                continue;   // one of the two was merged away in the meantime
            }

            ids[at] = pair.Result;
            ids[right] = -1;
            next[at] = next[right];
            if (next[right] < ids.Length)
            {
                previous[next[right]] = at;
            }

            Offer(queue, ids, previous[at], at);
            Offer(queue, ids, at, next[at]);
        }

        return Compact(ids);
    }

    private void Offer(PriorityQueue<(int, int, int), (uint, int)> queue, ReadOnlySpan<int> ids, int left, int right)
    {
        if (left < 0 || right >= ids.Length)
        {
            return;
        }

        var pair = merges.Find(ids[left], ids[right]);
        if (pair != PairTable.None)
        {
            queue.Enqueue((ids[left], ids[right], PairTable.ResultOf(pair)), (PairTable.RankOf(pair), left));
        }
    }

    private static int Compact(Span<int> ids)
    {
        var count = 0;
        foreach (var id in ids)
        {
            if (id >= 0)
            {
                ids[count++] = id;
            }
        }

        return count;
    }
}
