using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Trains a unigram vocabulary: from many seeds, expectation-maximisation gives each piece its probability, and the pieces whose loss hurts the text's
/// likelihood least go, a quarter at a time, until there are few enough. Single characters always stay, so that every word can be cut.
/// </summary>
/// <remarks>
/// Kudo 2018, "Subword Regularization", section 3.2; the constants and the digamma step (a sparse prior, after Liang and Klein) are sentencepiece's.
/// </remarks>
internal sealed class UnigramTrainer(PieceWords words, PieceShape shape, IReadOnlyCollection<string> taken, int size)
{
    private const int MostSeeds = 1_000_000;
    private const int StepsBetweenPrunings = 2;
    private const double Kept = 0.75;
    private const double LeastExpected = 0.5;

    // Pruned to a little more than is asked for: the last ones are chosen by score.
    private const double Slack = 1.1;

    private readonly (byte[] Text, long Count)[] spelled =
        [.. words.Words.Select(word => (Encoding.UTF8.GetBytes(string.Concat(word.Ids.Take(word.Length).Select(id => words.Characters[id]))), word.Count))];

    private readonly HashSet<string> characters = [.. words.Characters];

    private List<string> pieces = [];
    private double[] scores = [];

    public IReadOnlyList<Piece> Train(IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (spelled.Length == 0)
        {
            return [];
        }

        Seed(cancellationToken);
        var passes = 1 + (int)Math.Ceiling(Math.Max(0, Math.Log(pieces.Count / (Slack * Math.Max(1, size))) / -Math.Log(Kept)));
        for (var pass = 1; ; pass++)
        {
            for (var step = 0; step < StepsBetweenPrunings; step++)
            {
                Reestimate(cancellationToken);
            }

            progress?.Report(Math.Min(1, pass / (double)passes));
            if (pieces.Count <= Math.Max(size * Slack, characters.Count))
            {
                break;
            }

            Prune(Math.Max((int)(size * Slack), (int)(Kept * pieces.Count)), cancellationToken);
        }

        var byScore = pieces.Zip(scores).OrderByDescending(piece => piece.Second).ThenBy(piece => piece.First, StringComparer.Ordinal).ToList();
        var chosen = byScore.Where(piece => characters.Contains(piece.First)).Concat(byScore.Where(piece => !characters.Contains(piece.First))).Take(Math.Max(size, characters.Count));
        return [.. chosen.OrderByDescending(piece => piece.Second).Select(piece => new Piece(piece.First, (float)piece.Second, PieceType.Normal))];
    }

    private void Seed(CancellationToken cancellationToken)
    {
        var counts = new double[words.Characters.Count];
        foreach (var word in words.Words)
        {
            foreach (var id in word.Ids.AsSpan(0, word.Length))
            {
                counts[id] += word.Count;
            }
        }

        var seeds = SeedPieces.Find(words, shape, MostSeeds, cancellationToken).Where(seed => !taken.Contains(seed.Text)).ToList();
        pieces = [.. words.Characters, .. seeds.Select(seed => seed.Text)];
        var weights = counts.Concat(seeds.Select(seed => seed.Count * seed.Text.Length)).ToArray();
        var logSum = Math.Log(weights.Sum());
        scores = [.. weights.Select(weight => Math.Log(weight) - logSum)];
    }

    /// <summary>One step of expectation-maximisation.</summary>
    private void Reestimate(CancellationToken cancellationToken)
    {
        var lattice = new UnigramLattice(pieces, scores);
        var expected = new double[pieces.Count];
        foreach (var (text, count) in spelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lattice.AddExpected(text, count, expected);
        }

        var kept = Enumerable.Range(0, pieces.Count).Where(id => expected[id] >= LeastExpected || characters.Contains(pieces[id])).ToArray();
        var digammaSum = Digamma(kept.Sum(id => Math.Max(expected[id], LeastExpected)));
        scores = [.. kept.Select(id => Digamma(Math.Max(expected[id], LeastExpected)) - digammaSum)];
        pieces = [.. kept.Select(id => pieces[id])];
    }

    /// <summary>Keeps the pieces whose going would cost most: each is weighed against the best way to spell it with the others.</summary>
    private void Prune(int keep, CancellationToken cancellationToken)
    {
        var lattice = new UnigramLattice(pieces, scores);
        var uses = new double[pieces.Count];
        var total = 0L;
        var ids = new List<int>();
        foreach (var (text, count) in spelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lattice.Best(text, except: -1, ids);
            ids.ForEach(id => uses[id] += count);
            total += count;
        }

        var sum = uses.Sum();
        var losses = new List<(int Id, double Loss)>();
        for (var id = 0; id < pieces.Count; id++)
        {
            if (characters.Contains(pieces[id]))
            {
                continue;
            }

            lattice.Best(Encoding.UTF8.GetBytes(pieces[id]), except: id, ids);
            if (uses[id] > 0)
            {
                var logSumWithout = Math.Log(sum + uses[id] * (ids.Count - 1));
                var without = ids.Sum(other => Math.Log(uses[other] + uses[id]) - logSumWithout);
                losses.Add((id, uses[id] / total * (Math.Log(uses[id]) - Math.Log(sum) - without)));
            }
        }

        var room = Math.Max(0, keep - characters.Count);
        var kept = losses.OrderByDescending(loss => loss.Loss).ThenBy(loss => loss.Id).Take(room).Select(loss => loss.Id).ToHashSet();
        var staying = Enumerable.Range(0, pieces.Count).Where(id => characters.Contains(pieces[id]) || kept.Contains(id)).ToArray();
        scores = [.. staying.Select(id => scores[id])];
        pieces = [.. staying.Select(id => pieces[id])];
    }

    /// <summary>Derivative of the logarithm of the gamma function, by its asymptotic series above 7.</summary>
    private static double Digamma(double x)
    {
        var result = 0.0;
        for (; x < 7; x++)
        {
            result -= 1 / x;
        }

        x -= 0.5;
        var square = 1 / (x * x);
        return result + Math.Log(x) + (square / 24) - (7 * square * square / 960) + (31 * square * square * square / 8064) - (127 * square * square * square * square / 30720);
    }
}
