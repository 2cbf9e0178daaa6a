using System.Text.Json;
using System.Text.RegularExpressions;

namespace InternPlatform.Tokenization;

/// <summary>Reads a <c>tokenizer.json</c> of byte-level BPE, or hands on one of SentencePiece BPE, and refuses what it would have to ignore.</summary>
internal sealed class TokenizerJsonReader
{
    private readonly string path;
    private readonly Dictionary<string, int> idsBySpelling = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> special = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> userDefined = new(StringComparer.Ordinal);

    private TokenizerJsonReader(string path) => this.path = path;

    public static TokenizerModel Read(string path, JsonElement root)
    {
        try
        {
            return TokenizerJsonPieces.Fits(root) ? new TokenizerJsonPieces(path, root).Read() : new TokenizerJsonReader(path).Read(root);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidTokenizerException(path, $"the file does not have the shape of a tokenizer.json ({e.Message}).", e);
        }
    }

    private BpeModel Read(JsonElement root)
    {
        var model = root.GetProperty("model");
        RefuseWhatWeDoNotDo(root, model);
        foreach (var token in root.TryGetProperty("added_tokens", out var added) ? added.EnumerateArray().ToArray() : [])
        {
            var isPlain = token.TryGetProperty("special", out var flag) && flag.ValueKind == JsonValueKind.False;
            (isPlain ? userDefined : special)[Text(token.GetProperty("content"), "the content of an added token")] = token.GetProperty("id").GetInt32();
        }

        var tokens = ReadVocabulary(model.GetProperty("vocab"));
        var result = new BpeModel
        {
            Tokens = tokens,
            Merges = [.. model.GetProperty("merges").EnumerateArray().Select(ReadMerge)],
            SpecialTokens = special,
            UserDefined = userDefined,
            Splitter = ReadSplitter(root.GetProperty("pre_tokenizer")),
            IgnoresMerges = IsSet(model, "ignore_merges"),
        };

        var missing = Array.IndexOf(result.ByteTokens(), -1);
        return missing < 0 ? result : throw Invalid($"the vocabulary has no token for the byte 0x{missing:X2}, so text would be lost.");
    }

    private void RefuseWhatWeDoNotDo(JsonElement root, JsonElement model)
    {
        if (model.TryGetProperty("type", out var type) && type.GetString() != "BPE")
        {
            throw Invalid($"the model is {type.GetString()}; byte-level BPE is what is read.");
        }

        if (root.TryGetProperty("normalizer", out var normalizer) && normalizer.ValueKind != JsonValueKind.Null)
        {
            throw Invalid("the file has a normalizer, which is not supported.");
        }
    }

    private static bool IsSet(JsonElement model, string flag) => model.TryGetProperty(flag, out var value) && value.ValueKind == JsonValueKind.True;

    private byte[][] ReadVocabulary(JsonElement vocabulary)
    {
        foreach (var token in vocabulary.EnumerateObject())
        {
            idsBySpelling[token.Name] = token.Value.GetInt32();
        }

        var added = special.Concat(userDefined).ToArray();
        var count = idsBySpelling.Keys.Union(added.Select(token => token.Key)).Count();
        var tokens = new byte[count][];
        foreach (var (spelling, id) in idsBySpelling.Concat(added))
        {
            if (id < 0 || id >= count)
            {
                throw Invalid($"token '{spelling}' has id {id}, but {count} tokens have ids 0 to {count - 1}.");
            }

            var bytes = special.ContainsKey(spelling) || userDefined.ContainsKey(spelling)
                ? BpeModel.BytesOf(spelling)
                : ByteAlphabet.TryRead(spelling) ?? throw Invalid($"token '{spelling}' is not spelled in the byte-level alphabet.");
            if (tokens[id] is not null && !tokens[id].AsSpan().SequenceEqual(bytes))
            {
                throw Invalid($"id {id} is given twice, the second time to '{spelling}'.");
            }

            tokens[id] = bytes;
        }

        var hole = Array.IndexOf(tokens, null);
        return hole < 0 ? tokens : throw Invalid($"id {hole} has no token.");
    }

    private Merge ReadMerge(JsonElement merge, int rank)
    {
        var parts = merge.ValueKind == JsonValueKind.Array
            ? merge.EnumerateArray().Select(part => Text(part, "a part of a merge")).ToArray()
            : Text(merge, "a merge").Split(' ');
        if (parts.Length != 2)
        {
            throw Invalid($"merge {rank} does not have two parts.");
        }

        return new Merge(IdOf(parts[0], rank), IdOf(parts[1], rank), IdOf(parts[0] + parts[1], rank));
    }

    private int IdOf(string spelling, int rank) => idsBySpelling.TryGetValue(spelling, out var id)
        ? id
        : throw Invalid($"merge {rank} needs '{spelling}', which the vocabulary does not have.");

    private WordSplitter ReadSplitter(JsonElement preTokenizer)
    {
        var steps = preTokenizer.GetProperty("type").GetString() == "Sequence"
            ? preTokenizer.GetProperty("pretokenizers").EnumerateArray().ToArray()
            : [preTokenizer];
        if (steps is not [.., var byteLevel] || byteLevel.GetProperty("type").GetString() != "ByteLevel" || byteLevel.GetProperty("add_prefix_space").GetBoolean())
        {
            throw Invalid("the last pre-tokenizer must be ByteLevel without a prefix space.");
        }

        var usesRegex = !byteLevel.TryGetProperty("use_regex", out var flag) || flag.GetBoolean();
        return (steps.Length, usesRegex) switch
        {
            (1, true) => WordSplitter.For(KnownPattern.Gpt2),
            ( > 1, false) => ReadSplits(steps[..^1]),
            _ => throw Invalid("the pre-tokenizer must be ByteLevel with its own pattern, or Splits and ByteLevel without."),
        };
    }

    private WordSplitter ReadSplits(JsonElement[] splits)
    {
        try
        {
            return WordSplitter.For([.. splits.Select(PatternOf)]);
        }
        catch (RegexParseException e)
        {
            throw new InvalidTokenizerException(path, $"a split pattern cannot be read: {e.Message}", e);
        }
    }

    private string PatternOf(JsonElement split)
    {
        if (split.GetProperty("type").GetString() != "Split" || split.GetProperty("behavior").GetString() != "Isolated" || split.GetProperty("invert").GetBoolean())
        {
            throw Invalid("the pre-tokenizer before ByteLevel must be an isolating Split.");
        }

        return Text(split.GetProperty("pattern").GetProperty("Regex"), "the split pattern");
    }

    // An empty special token would be found everywhere and never passed.
    private string Text(JsonElement value, string what) => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
        ? text
        : throw Invalid($"{what} is {value.GetRawText()}, not a text.");

    private InvalidTokenizerException Invalid(string reason) => new(path, reason);
}
