using InternPlatform.Inference.Engine;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// Text, in a form of its own where one is asked for, or calls of the model's own accord: once it begins one, that must become a call. After a call the text
/// goes on, or the answer ends where one call is all that is wanted.
/// </summary>
/// <param name="opening">Token that begins a call.</param>
/// <param name="begin">A new constraint for a call of which the opening is written.</param>
/// <param name="text">The form of text; null: any. Where there is one, an answer is either calls or text.</param>
/// <param name="isSingle">The answer ends with the first call.</param>
internal sealed class FreeCallConstraint(int opening, Func<ToolCallConstraint> begin, ITokenConstraint? text, bool isSingle) : ITokenConstraint
{
    private ToolCallConstraint? call;
    private bool hasCalled;
    private bool hasText;

    public bool CanStop => call is null && (hasCalled || text is null || text.CanStop);

    public bool IsComplete => call is null && (hasCalled ? isSingle : hasText && text?.IsComplete == true);

    public void Allow(int remainingTokens, Span<ulong> mask)
    {
        if (call is not null)
        {
            call.Allow(remainingTokens, mask);
            return;
        }

        if (text is null)
        {
            mask.Fill(ulong.MaxValue);
            return;
        }

        if (!hasText)
        {
            mask[opening >> 6] |= 1UL << (opening & 63);
        }

        if (!hasCalled)
        {
            text.Allow(remainingTokens, mask);
        }
    }

    public void Accept(int token)
    {
        if (call is not null)
        {
            call.Accept(token);
            if (call.IsComplete)
            {
                (call, hasCalled) = (null, true);
            }
        }
        else if (token == opening)
        {
            call = begin();
        }
        else
        {
            hasText = true;
            text?.Accept(token);
        }
    }
}
