using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>Every way to cut a word into pieces, weighed by a unigram language model: log-probabilities of the pieces add up.</summary>
/// <remarks>Not safe between threads: it keeps its tables from word to word.</remarks>
internal sealed class UnigramLattice
{
    private readonly PieceTrie trie = new();
    private readonly double[] scores;
    private readonly List<Edge> edges = [];
    private double[] forward = [];
    private double[] backward = [];
    private Edge[] best = [];

    /// <param name="pieces">Spellings; an id is a place in this list.</param>
    /// <param name="scores">Natural logarithm of each piece's probability.</param>
    public UnigramLattice(IEnumerable<string> pieces, double[] scores)
    {
        this.scores = scores;
        foreach (var (id, piece) in pieces.Index())
        {
            trie.Add(Encoding.UTF8.GetBytes(piece), id);
        }
    }

    /// <summary>Adds to <paramref name="expected"/> how often each piece is used over all ways to cut the word, weighed by their probability.</summary>
    /// <param name="word">UTF-8, made of characters that are pieces.</param>
    /// <param name="count">How often the word occurs.</param>
    /// <param name="expected">One number for each piece.</param>
    /// <returns>Log-probability of the word.</returns>
    public double AddExpected(ReadOnlySpan<byte> word, long count, double[] expected)
    {
        Fill(word);
        foreach (var edge in edges)
        {
            forward[edge.End] = LogAdd(forward[edge.End], forward[edge.Start] + scores[edge.Id]);
        }

        for (var i = edges.Count - 1; i >= 0; i--)
        {
            var edge = edges[i];
            backward[edge.Start] = LogAdd(backward[edge.Start], backward[edge.End] + scores[edge.Id]);
        }

        var total = forward[word.Length];
        foreach (var edge in edges)
        {
            expected[edge.Id] += count * Math.Exp(forward[edge.Start] + scores[edge.Id] + backward[edge.End] - total);
        }

        return total;
    }

    /// <summary>The most probable pieces of the word, last one first; without <paramref name="except"/>, if that leaves a way.</summary>
    public void Best(ReadOnlySpan<byte> word, int except, List<int> ids)
    {
        ids.Clear();
        Fill(word);
        foreach (var edge in edges)
        {
            var score = forward[edge.Start] + scores[edge.Id];
            if (edge.Id != except && score > forward[edge.End])
            {
                (forward[edge.End], best[edge.End]) = (score, edge);
            }
        }

        for (var end = word.Length; end > 0 && forward[end] > double.NegativeInfinity; end = best[end].Start)
        {
            ids.Add(best[end].Id);
        }
    }

    /// <summary>Edges in the order of their starts: every way into a position comes before the ways out of it.</summary>
    private void Fill(ReadOnlySpan<byte> word)
    {
        if (forward.Length <= word.Length)
        {
            (forward, backward, best) = (new double[word.Length * 2 + 2], new double[word.Length * 2 + 2], new Edge[word.Length * 2 + 2]);
        }

        Array.Fill(forward, double.NegativeInfinity, 0, word.Length + 1);
        Array.Fill(backward, double.NegativeInfinity, 0, word.Length + 1);
        (forward[0], backward[word.Length]) = (0, 0);
        edges.Clear();
        for (var start = 0; start < word.Length; start += Utf8Shape.WidthOf(word[start]))
        {
            var node = PieceTrie.Root;
            for (var end = start; end < word.Length && (node = trie.Child(node, word[end])) != PieceTrie.None;)
            {
                end++;
                if (trie.ValueAt(node) != PieceTrie.None)
                {
                    edges.Add(new Edge(start, end, trie.ValueAt(node)));
                }
            }
        }
    }

    private static double LogAdd(double a, double b)
    {
        var (low, high) = a < b ? (a, b) : (b, a);
        return double.IsNegativeInfinity(low) ? high : high + Math.Log(1 + Math.Exp(low - high));
    }

    private readonly record struct Edge(int Start, int End, int Id);
}
