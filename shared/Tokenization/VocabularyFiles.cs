using System.Text.Json;

namespace InternPlatform.Tokenization;

/// <summary>GPT-2's own files: <c>vocab.json</c> (spelling to id) and <c>merges.txt</c> (a pair a line, best first).</summary>
internal static class VocabularyFiles
{
    public const string VocabularyJson = "vocab.json";
    public const string MergesText = "merges.txt";

    /// <exception cref="InvalidTokenizerException">The files do not make a byte-level BPE.</exception>
    public static BpeModel Read(string path, JsonElement root)
    {
        var merges = Path.Combine(Path.GetDirectoryName(path)!, MergesText);
        if (!File.Exists(merges))
        {
            throw new InvalidTokenizerException(merges, "the file does not exist; vocab.json is nothing without it.");
        }

        if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Any(token => token.Value.ValueKind != JsonValueKind.Number))
        {
            throw new InvalidTokenizerException(path, "the file is not an object of spellings and their ids.");
        }

        var spellings = Spellings(path, root);
        var lines = File.ReadLines(merges).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal)).ToArray();
        return ByteLevelVocabulary.Build(path, spellings, lines, id => ByteAlphabet.TryRead(spellings[id]) is null || IsEndOfText(spellings[id]));
    }

    private static bool IsEndOfText(string spelling) => spelling is "<|endoftext|>" or "<s>" or "</s>" or "<unk>" or "<pad>" or "<mask>";

    private static string[] Spellings(string path, JsonElement root)
    {
        var spellings = new string[root.EnumerateObject().Count()];
        foreach (var token in root.EnumerateObject())
        {
            if (!token.Value.TryGetInt32(out var id) || id < 0 || id >= spellings.Length || spellings[id] is not null || token.Name.Length == 0)
            {
                throw new InvalidTokenizerException(path, $"token '{token.Name}' has the id {token.Value.GetRawText()}; {spellings.Length} tokens have ids 0 to {spellings.Length - 1}, one each.");
            }

            spellings[id] = token.Name;
        }

        return spellings;
    }
}
