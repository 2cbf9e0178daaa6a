namespace InternPlatform.Tokenization;

/// <summary>
/// Merges the bytes of one word: again and again the pair of lowest rank, leftmost first, until no pair has a rank.
/// </summary>
internal sealed class WordMerger(int[] byteTokens, MergeTable merges)
{
    // Above this a scan per merge is slower than a heap, and a megabyte without a space would take hours.
    private const int ScanLimit = 160;

    /// <summary>Writes the word's tokens over <paramref name="ids"/> (at least as long as the word) and returns their number.</summary>
    public int Encode(ReadOnlySpan<byte> word, Span<int> ids)
    {
        for (var i = 0; i < word.Length; i++)
        {
            ids[i] = byteTokens[word[i]];
        }

        return word.Length <= ScanLimit ? MergeByScan(ids[..word.Length]) : MergeByHeap(ids[..word.Length]);
    }

    private int MergeByScan(Span<int> ids)
    {
        Span<int> ranks = stackalloc int[ScanLimit];
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
        {
            ranks[i] = merges.RankOf(ids[i], ids[i + 1]);
        }

        while (count > 1)
        {
            var best = MergeTable.None;
            var at = -1;
            for (var i = 0; i + 1 < count; i++)
            {
                if (ranks[i] < best)
                {
                    best = ranks[i];
                    at = i;
                }
            }

            if (at < 0)
            {
                break;
            }

            ids[at] = merges.ResultOf(best);
            ids[(at + 2)..count].CopyTo(ids[(at + 1)..]);
            ranks[(at + 1)..(count - 1)].CopyTo(ranks[at..]);
            count--;
            if (at > 0)
            {
                ranks[at - 1] = merges.RankOf(ids[at - 1], ids[at]);
            }

            if (at + 1 < count)
            {
                ranks[at] = merges.RankOf(ids[at], ids[at + 1]);
            }
        }

        return count;
    }

    private int MergeByHeap(Span<int> ids)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var i = 0; i < ids.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Offer(queue, ids, i, i + 1);
        }

        while (queue.TryDequeue(out var pair, out var priority))
        {
            var right = next[pair.At];
            if (ids[pair.At] != pair.Left || right == ids.Length || ids[right] != pair.Right)
            {
                continue;   // one of the two was merged away in the meantime
            }

            ids[pair.At] = merges.ResultOf(priority.Rank);
            ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < ids.Length)
            {
                previous[next[right]] = pair.At;
            }

            Offer(queue, ids, previous[pair.At], pair.At);
            Offer(queue, ids, pair.At, next[pair.At]);
        }

        return Compact(ids);
    }

    private void Offer(PriorityQueue<(int, int, int), (int, int)> queue, ReadOnlySpan<int> ids, int left, int right)
    {
        if (left < 0 || right >= ids.Length)
        {
            return;
        }

        var rank = merges.RankOf(ids[left], ids[right]);
        if (rank != MergeTable.None)
        {
            queue.Enqueue((left, ids[left], ids[right]), (rank, left));
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
