using InternPlatform.Inference.Engine;
using InternPlatform.Tokenization;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// Only text that the automaton accepts. Near the token limit it allows only what can still be closed in time: a token
/// gives at least one byte, and each byte is a token.
/// </summary>
internal sealed class GrammarConstraint(ByteAutomaton automaton, TokenTrie trie, Tokenizer tokenizer) : ITokenConstraint
{
    private readonly Dictionary<int, ulong[]> masks = [];
    private int state = automaton.Start;

    public bool CanStop => automaton.IsAccepting(state);

    public bool IsComplete => CanStop && !automaton.CanContinue(state);

    public void Allow(int remainingTokens, Span<ulong> mask)
    {
        var limit = remainingTokens - 1;
        if (limit < automaton.MaxDistance)
        {
            // A limit below the shortest answer cannot be met: then the answer is cut, and says so by its finish reason.
            trie.Allow(automaton, state, limit >= automaton.Distance(state) - 1 ? limit : int.MaxValue, mask);
            return;
        }

        if (!masks.TryGetValue(state, out var known))
        {
            known = new ulong[mask.Length];
            trie.Allow(automaton, state, int.MaxValue, known);
            masks.Add(state, known);
        }

        known.CopyTo(mask);
    }

    public void Accept(int token)
    {
        foreach (var value in tokenizer.TokenBytes(token))
        {
            state = automaton.Next(state, value);
        }
    }
}
