namespace InternPlatform.Tokenization;

/// <summary>What one kind of tokenizer does with text between special tokens.</summary>
internal interface ITextEncoder
{
    /// <summary>Adds the ids of <paramref name="text"/>.</summary>
    /// <param name="text">UTF-16; a lone surrogate counts as U+FFFD.</param>
    /// <param name="isBeginning">Whether nothing stands before it: SentencePiece puts a space there.</param>
    /// <param name="ids">Where the ids go.</param>
    /// <param name="sources">Told of every normalised byte where it came from; null where nobody asks.</param>
    void Encode(ReadOnlySpan<char> text, bool isBeginning, IdBuffer ids, SourceMap? sources);

    /// <summary>How many normalised bytes an id stands for; of the unknown id <see cref="IdBuffer.UnknownLengths"/> says it.</summary>
    int LengthOf(int id);
}
