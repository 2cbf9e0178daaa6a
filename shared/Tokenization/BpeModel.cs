using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>What a byte-level BPE tokenizer is made of; ids are indices of <see cref="Tokens"/>.</summary>
internal sealed record BpeModel
{
    /// <summary>Raw bytes of each token; a special token has the UTF-8 bytes of its spelling.</summary>
    public required IReadOnlyList<byte[]> Tokens { get; init; }

    /// <summary>In order of rank.</summary>
    public required IReadOnlyList<Merge> Merges { get; init; }

    public required IReadOnlyDictionary<string, int> SpecialTokens { get; init; }

    public WordSplitter Splitter { get; init; } = WordSplitter.Own;

    /// <summary>Jinja text of <c>tokenizer_config.json</c>, kept when a folder is loaded and saved again.</summary>
    public string? ChatTemplateText { get; init; }

    public static byte[] BytesOf(string spelling) => Encoding.UTF8.GetBytes(spelling);

    /// <summary>Token of each single byte, or -1.</summary>
    public int[] ByteTokens()
    {
        var byteTokens = new int[256];
        Array.Fill(byteTokens, -1);
        var special = SpecialTokens.Values.ToHashSet();
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
