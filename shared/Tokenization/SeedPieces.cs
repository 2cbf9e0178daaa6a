using System.Runtime.InteropServices;

namespace InternPlatform.Tokenization;

/// <summary>A piece of the text and how often it occurs.</summary>
internal readonly record struct CountedPiece(string Text, double Count);

/// <summary>The substrings that a unigram vocabulary is chosen from.</summary>
internal static class SeedPieces
{
    /// <summary>
    /// Every substring that is a piece, occurs at least twice, and not always with the same character after it: by length, since no substring is more
    /// frequent than its beginning. Memory is a few integers for each character of the distinct words.
    /// </summary>
    /// <param name="words">Distinct words.</param>
    /// <param name="shape">What may be a piece.</param>
    /// <param name="most">How many at most: those that cover the most characters.</param>
    /// <param name="cancellationToken">Asked between lengths.</param>
    public static List<CountedPiece> Find(PieceWords words, PieceShape shape, int most, CancellationToken cancellationToken)
    {
        var found = new List<CountedPiece>();
        var alive = Starts(words);
        var groups = words.Characters.Select(text => new CountedPiece(text, 0)).ToList();
        for (var length = 2; alive.Count > 0; length++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var longer = new List<CountedPiece>();
            var inLonger = new Dictionary<(int Group, int Next), int>();
            var next = new List<Occurrence>();
            foreach (var at in alive)
            {
                var word = words.Words[at.Word];
                if (at.Start + length > word.Length)
                {
                    continue;
                }

                var last = word.Ids[at.Start + length - 1];
                ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(inLonger, (at.Group, last), out var known);
                if (!known)
                {
                    var text = groups[at.Group].Text + words.Characters[last];
                    group = shape.IsPiece(text) ? longer.Count : -1;
                    if (group >= 0)
                    {
                        longer.Add(new CountedPiece(text, 0));
                    }
                }

                if (group >= 0)
                {
                    longer[group] = longer[group] with { Count = longer[group].Count + word.Count };
                    next.Add(at with { Group = group });
                }
            }

            var swallowed = inLonger.Where(pair => pair.Value >= 0 && longer[pair.Value].Count == groups[pair.Key.Group].Count).Select(pair => pair.Key.Group).ToHashSet();
            found.AddRange(groups.Index().Where(group => length > 2 && group.Item.Count >= 2 && !swallowed.Contains(group.Index)).Select(group => group.Item));
            next.RemoveAll(at => longer[at.Group].Count < 2);
            (alive, groups) = (next, longer);
        }

        return [.. found.OrderByDescending(piece => piece.Count * piece.Text.Length).ThenBy(piece => piece.Text, StringComparer.Ordinal).Take(most)];
    }

    private static List<Occurrence> Starts(PieceWords words)
    {
        var starts = new List<Occurrence>();
        foreach (var (index, word) in words.Words.Index())
        {
            for (var start = 0; start < word.Length; start++)
            {
                starts.Add(new Occurrence(index, start, word.Ids[start]));
            }
        }

        return starts;
    }

    private readonly record struct Occurrence(int Word, int Start, int Group);
}
