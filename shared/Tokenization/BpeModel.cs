namespace InternPlatform.Tokenization;

/// <summary>A byte-level BPE tokenizer.</summary>
internal sealed record BpeModel : TokenizerModel
{
    public override required IReadOnlyList<byte[]> Tokens { get; init; }

    public override required IReadOnlyDictionary<string, int> SpecialTokens { get; init; }

    /// <summary>In order of rank.</summary>
    public required IReadOnlyList<Merge> Merges { get; init; }

    /// <summary>Tokens that are cut out of every text before it is split into words, longest first; they are plain text, not special.</summary>
    public IReadOnlyDictionary<string, int> UserDefined { get; init; } = new Dictionary<string, int>();

    /// <summary>Whether a word that is a token is never put together from merges (Llama 3).</summary>
    public bool IgnoresMerges { get; init; }

    public WordSplitter Splitter { get; init; } = WordSplitter.Own;

    public override ITextEncoder CreateEncoder() => new ByteLevelEncoder(this);

    /// <summary>Token of each single byte, or -1.</summary>
    public int[] ByteTokens()
    {
        var byteTokens = new int[256];
        Array.Fill(byteTokens, -1);
        var special = SpecialTokens.Values.Concat(UserDefined.Values).ToHashSet();
        for (var id = 0; id < Tokens.Count; id++)
        {
            if (Tokens[id].Length == 1 && !special.Contains(id))
            {
                byteTokens[Tokens[id][0]] = id;
            }
        }

        return byteTokens;
    }
}
