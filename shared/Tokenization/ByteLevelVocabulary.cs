namespace InternPlatform.Tokenization;

/// <summary>A byte-level BPE from a list of spelled tokens and lines of merges.</summary>
internal static class ByteLevelVocabulary
{
    /// <exception cref="InvalidTokenizerException">A token or a merge is not what it should be, or text would be lost.</exception>
    public static BpeModel Build(string file, IReadOnlyList<string> spellings, IReadOnlyList<string> merges, Func<int, bool> isSpecial) =>
        Build(file, spellings, merges, isSpecial, _ => false);

    /// <exception cref="InvalidTokenizerException">A token or a merge is not what it should be, or text would be lost.</exception>
    public static BpeModel Build(
        string file, IReadOnlyList<string> spellings, IReadOnlyList<string> merges, Func<int, bool> isSpecial, Func<int, bool> isUserDefined)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var special = new Dictionary<string, int>(StringComparer.Ordinal);
        var userDefined = new Dictionary<string, int>(StringComparer.Ordinal);
        var tokens = new byte[spellings.Count][];
        for (var id = 0; id < tokens.Length; id++)
        {
            var spelling = spellings[id].Length > 0 ? spellings[id] : throw new InvalidTokenizerException(file, $"token {id} has no text.");
            var isPlain = !isSpecial(id) && !isUserDefined(id);
            (isPlain ? ids : isSpecial(id) ? special : userDefined).TryAdd(spelling, id);
            tokens[id] = (isPlain ? ByteAlphabet.TryRead(spelling) : TokenizerModel.BytesOf(spelling))
                ?? throw new InvalidTokenizerException(file, $"token '{spelling}' is not spelled in the byte-level alphabet.");
        }

        var model = new BpeModel
        {
            Tokens = tokens,
            Merges = [.. merges.Select((line, rank) => ReadMerge(file, line, rank, ids))],
            SpecialTokens = special,
            UserDefined = userDefined,
            Splitter = WordSplitter.For(KnownPattern.Gpt2),
        };
        var missing = Array.IndexOf(model.ByteTokens(), -1);
        return missing < 0 ? model : throw new InvalidTokenizerException(file, $"the vocabulary has no token for the byte 0x{missing:X2}, so text would be lost.");
    }

    private static Merge ReadMerge(string file, string line, int rank, Dictionary<string, int> ids)
    {
        var parts = line.Split(' ');
        return parts.Length == 2 && ids.TryGetValue(parts[0], out var left) && ids.TryGetValue(parts[1], out var right) && ids.TryGetValue(parts[0] + parts[1], out var result)
            ? new Merge(left, right, result)
            : throw new InvalidTokenizerException(file, $"merge {rank} '{line}' does not join two tokens to a third.");
    }
}
