namespace InternPlatform.Inference.Engine;

/// <summary>
/// Guesses what comes next from what came before: the tokens that followed the last occurrence of the newest few (Saxena 2023, "prompt lookup decoding"). Whoever
/// quotes, edits code or fills a table repeats the prompt. A guess is only kept where the model would have drawn the same token, so no answer changes.
/// </summary>
internal static class PromptLookup
{
    private const int Longest = 3;
    private const int Shortest = 2;

    /// <param name="tokens">Prompt and answer so far.</param>
    /// <param name="draft">Receives the guess.</param>
    /// <returns>Tokens guessed, 0 where nothing like the end was there before.</returns>
    public static int Draft(ReadOnlySpan<int> tokens, Span<int> draft)
    {
        for (var length = Longest; length >= Shortest && tokens.Length > length; length--)
        {
            var at = tokens[..^1].LastIndexOf(tokens[^length..]);
            if (at >= 0)
            {
                var followed = tokens[(at + length)..];
                var count = Math.Min(followed.Length, draft.Length);
                followed[..count].CopyTo(draft);
                return count;
            }
        }

        return 0;
    }
}
