namespace InternPlatform.Tokenization;

/// <summary>Where in a text a token stands: UTF-16 positions, the end exclusive.</summary>
/// <param name="Start">First character.</param>
/// <param name="End">One past the last; equal to <paramref name="Start"/> where the token stands for nothing that was written, as SentencePiece's first space does.</param>
public readonly record struct TokenSpan(int Start, int End);

/// <summary>The ids of a text, and of each where it stands.</summary>
/// <param name="Ids">As <see cref="Tokenizer.Encode(string, bool)"/> gives them.</param>
/// <param name="Spans">One for each id. Tokens that are parts of one character all have the span of that character.</param>
public sealed record EncodedText(int[] Ids, TokenSpan[] Spans);
