using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>The vocabulary's plain tokens by their bytes, so that shared beginnings are tried once. Immutable.</summary>
internal sealed class TokenTrie
{
    private readonly List<Node> nodes = [new()];

    public TokenTrie(Tokenizer tokenizer)
    {
        for (var token = 0; token < tokenizer.VocabularySize; token++)
        {
            if (!tokenizer.IsSpecial(token) && tokenizer.TokenBytes(token).Length > 0)
            {
                Add(token, tokenizer.TokenBytes(token));
            }
        }
    }

    /// <summary>Sets the bit of each token whose bytes the automaton takes from a state and that leaves at most <paramref name="limit"/> bytes to the end.</summary>
    public void Allow(ByteAutomaton automaton, int state, int limit, Span<ulong> mask) => Allow(automaton, state, limit, mask, nodes[0]);

    private void Allow(ByteAutomaton automaton, int state, int limit, Span<ulong> mask, Node node)
    {
        foreach (var (value, child) in node.Children)
        {
            var next = automaton.Next(state, value);
            if (next == ByteAutomaton.Dead)
            {
                continue;
            }

            if (automaton.Distance(next) <= limit)
            {
                foreach (var token in nodes[child].Tokens)
                {
                    mask[token >> 6] |= 1UL << (token & 63);
                }
            }

            Allow(automaton, next, limit, mask, nodes[child]);
        }
    }

    private void Add(int token, ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        foreach (var value in bytes)
        {
            var child = nodes[at].Children.Find(pair => pair.Value == value).Child;
            if (child == 0)
            {
                child = nodes.Count;
                nodes.Add(new());
                nodes[at].Children.Add((value, child));
            }

            at = child;
        }

        nodes[at].Tokens.Add(token);
    }

    private sealed class Node
    {
        public List<(byte Value, int Child)> Children { get; } = [];

        public List<int> Tokens { get; } = [];
    }
}
