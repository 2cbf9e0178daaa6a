using InternPlatform.Inference.Engine;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>A fixed beginning of special tokens, then a grammar, then a fixed end: a tool call that must come.</summary>
/// <param name="opening">Tokens before the call's text.</param>
/// <param name="call">The call's text.</param>
/// <param name="closing">The token after it.</param>
/// <param name="opened">Tokens of the opening that are written already.</param>
internal sealed class ToolCallConstraint(IReadOnlyList<int> opening, GrammarConstraint call, int closing, int opened = 0) : ITokenConstraint
{
    private int opened = opened;
    private bool isClosed;

    public bool CanStop => isClosed;

    public bool IsComplete => isClosed;

    public void Allow(int remainingTokens, Span<ulong> mask)
    {
        if (opened < opening.Count)
        {
            Set(mask, opening[opened]);
            return;
        }

        if (!call.IsComplete)
        {
            call.Allow(remainingTokens - 1, mask);
        }

        if (call.CanStop)
        {
            Set(mask, closing);
        }
    }

    public void Accept(int token)
    {
        if (opened < opening.Count)
        {
            opened++;
        }
        else if (token == closing)
        {
            isClosed = true;
        }
        else
        {
            call.Accept(token);
        }
    }

    private static void Set(Span<ulong> mask, int token) => mask[token >> 6] |= 1UL << (token & 63);
}
