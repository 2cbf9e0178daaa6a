namespace InternPlatform.Tokenization;

/// <summary>
/// Rules of splitting that GGUF files only name (<c>tokenizer.ggml.pre</c>), as llama.cpp writes them in <c>llama-vocab.cpp</c>.
/// </summary>
internal static class PreTokenizers
{
    private static readonly Dictionary<string, PreTokenizer> Table = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = new([KnownPattern.Gpt2], IgnoresMerges: false),
        ["default"] = new([@"[\p{P}\$\+<=>\^~\|]+", KnownPattern.Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"], IgnoresMerges: false),
        ["llama-bpe"] = new([KnownPattern.Llama3], IgnoresMerges: true),
        ["qwen2"] = new([KnownPattern.Qwen2], IgnoresMerges: false),
        ["starcoder"] = new([@"\p{N}", KnownPattern.Gpt2], IgnoresMerges: false),
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["phi-2"] = "gpt-2",
        ["mpt"] = "gpt-2",
        ["olmo"] = "gpt-2",
        ["llama3"] = "llama-bpe",
        ["llama-v3"] = "llama-bpe",
        ["deepseek-r1-qwen"] = "qwen2",
        ["stablelm2"] = "qwen2",
        ["megrez"] = "qwen2",
        ["smollm"] = "starcoder",
        ["refact"] = "starcoder",
        ["command-r"] = "starcoder",
        ["exaone"] = "starcoder",
        ["codeshell"] = "starcoder",
    };

    /// <summary>Names that <see cref="Find"/> knows.</summary>
    public static IEnumerable<string> Names => Table.Keys.Concat(OtherNames.Keys);

    /// <summary>The rule of this name, or null.</summary>
    public static PreTokenizer? Find(string name) => Table.GetValueOrDefault(OtherNames.GetValueOrDefault(name, name));

    /// <summary>The name of the rule that splits so, or null.</summary>
    public static string? NameOf(WordSplitter splitter, bool ignoresMerges) =>
        Table.FirstOrDefault(rule => rule.Value.IgnoresMerges == ignoresMerges && rule.Value.Patterns.SequenceEqual(splitter.Patterns)).Key;
}

/// <summary>How text becomes words.</summary>
/// <param name="Patterns">Each splits what the one before it left.</param>
/// <param name="IgnoresMerges">Whether a word that is a token is never put together from merges.</param>
internal sealed record PreTokenizer(IReadOnlyList<string> Patterns, bool IgnoresMerges)
{
    public WordSplitter Splitter => WordSplitter.For(Patterns);
}
