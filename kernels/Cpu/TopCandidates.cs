namespace InternPlatform.Kernels.Cpu;

/// <summary>The candidates of top-k and top-p (nucleus, Holtzman et al. 2019, arXiv:1904.09751) sampling.</summary>
public static class TopCandidates
{
    /// <summary>The definition of top-k: a full sort, greater first, equal scores by lower id.</summary>
    /// <param name="x">Scores, [N].</param>
    /// <param name="count">How many to keep; at most N.</param>
    public static int[] Reference(ReadOnlySpan<double> x, int count)
    {
        var scores = x.ToArray();
        return [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(count)];
    }

    /// <summary>Writes the ids of the greatest scores, greater first, equal scores by lower id.</summary>
    /// <param name="x">Scores, [N]; none is NaN.</param>
    /// <param name="ids">Out; its length is how many to keep, at most N.</param>
    /// <exception cref="ArgumentException">More ids are asked for than there are scores.</exception>
    /// <remarks>A heap of the best so far, worst on top: O(N + changes · log k), no allocation.</remarks>
    public static void Invoke(ReadOnlySpan<float> x, Span<int> ids)
    {
        Shape.Require(ids.Length <= x.Length, nameof(ids), $"{ids.Length} of {x.Length} scores");
        if (ids.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = i;
        }

        for (var i = (ids.Length / 2) - 1; i >= 0; i--)
        {
            Sink(x, ids, i);
        }

        for (var i = ids.Length; i < x.Length; i++)
        {
            if (x[i] > x[ids[0]])
            {
                ids[0] = i;
                Sink(x, ids, 0);
            }
        }

        for (var end = ids.Length - 1; end > 0; end--)
        {
            (ids[0], ids[end]) = (ids[end], ids[0]);
            Sink(x, ids[..end], 0);
        }
    }

    /// <summary>How many of the leading probabilities make up <paramref name="mass"/> of the whole: the nucleus.</summary>
    /// <param name="probabilities">[N], greater first; their sum is the whole.</param>
    /// <param name="mass">top_p, in (0, 1].</param>
    /// <returns>At least 1.</returns>
    public static int Nucleus(ReadOnlySpan<float> probabilities, float mass)
    {
        var sum = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i];
            if (sum >= mass)
            {
                return i + 1;
            }
        }

        return probabilities.Length;
    }

    private static void Sink(ReadOnlySpan<float> x, Span<int> heap, int at)
    {
        var id = heap[at];
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= heap.Length)
            {
                break;
            }

            if (child + 1 < heap.Length && IsWorse(x, heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsWorse(x, heap[child], id))
            {
                break;
            }

            heap[at] = heap[child];
            at = child;
        }

        heap[at] = id;
    }

    private static bool IsWorse(ReadOnlySpan<float> x, int a, int b) => x[a] < x[b] || (x[a] == x[b] && a > b);
}
