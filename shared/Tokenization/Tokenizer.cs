using System.Buffers;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Byte-level BPE: every text has ids, and its ids give the text back. Immutable and safe to share between threads.
/// </summary>
/// <remarks>
/// Text is UTF-16; a lone surrogate is encoded as U+FFFD, the only text that does not come back unchanged.
/// Byte-level BPE: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2.
/// </remarks>
public sealed class Tokenizer
{
    private readonly WordMerger merger;
    private readonly WordCache cache = new();
    private readonly bool[] special;
    private readonly SearchValues<string> spellings;
    private readonly string[] longestFirst;
    private readonly Dictionary<string, int> idsBySpelling = new(StringComparer.Ordinal);

    internal Tokenizer(BpeModel model)
    {
        Model = model;
        merger = new WordMerger(model.ByteTokens(), new MergeTable(model.Merges));
        special = new bool[model.Tokens.Count];
        foreach (var id in model.SpecialTokens.Values)
        {
            special[id] = true;
        }

        longestFirst = [.. model.SpecialTokens.Keys.OrderByDescending(spelling => spelling.Length)];
        spellings = SearchValues.Create(longestFirst, StringComparison.Ordinal);
        for (var id = 0; id < model.Tokens.Count; id++)
        {
            if (!special[id])
            {
                idsBySpelling.TryAdd(ByteAlphabet.Spell(model.Tokens[id]), id);
            }
        }
    }

    /// <summary>Number of ids, special tokens included; ids run from 0.</summary>
    public int VocabularySize => Model.Tokens.Count;

    /// <summary>Ids of the special tokens by their spelling.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => Model.SpecialTokens;

    /// <summary>The Jinja text that came with the tokenizer, or null.</summary>
    public string? ChatTemplateText => Model.ChatTemplateText;

    internal BpeModel Model { get; }

    /// <summary>Reads <c>tokenizer.json</c> and, where present, <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="InvalidTokenizerException">A file is missing, broken, or asks for what byte-level BPE does not do.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerFiles.Read(folder));

    /// <summary>The same tokenizer, written with this chat template.</summary>
    public Tokenizer WithChatTemplate(ChatTemplate template) => new(Model with { ChatTemplateText = template.Jinja });

    /// <summary>Writes <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</summary>
    public void Save(string folder) => TokenizerFiles.Write(folder, Model);

    /// <summary>Ids of a text. What looks like a special token is text: a user cannot type a turn's end.</summary>
    public int[] Encode(string text) => Encode(text, parseSpecialTokens: false);

    /// <summary>Ids of a text; with <paramref name="parseSpecialTokens"/> the spelling of a special token becomes its id.</summary>
    public int[] Encode(string text, bool parseSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new IdBuffer(text.Length / 2 + 16);
        var rest = text.AsSpan();
        while (parseSpecialTokens && rest.IndexOfAny(spellings) is >= 0 and var at)
        {
            EncodeText(rest[..at], ref ids);
            var spelling = SpellingAt(rest[at..]);
            ids.Add(Model.SpecialTokens[spelling]);
            rest = rest[(at + spelling.Length)..];
        }

        EncodeText(rest, ref ids);
        return ids.ToArrayAndFree();
    }

    /// <summary>Text of the ids. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var bytes = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
        foreach (var id in ids)
        {
            if (!skipSpecialTokens || !IsSpecial(id))
            {
                bytes.Write(TokenBytes(id));
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Raw bytes of a token, which may be a part of a character; of a special token, the UTF-8 of its spelling.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id)
    {
        ThrowIfOutside(id);
        return Model.Tokens[id];
    }

    /// <summary>Whether the id is a special token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public bool IsSpecial(int id)
    {
        ThrowIfOutside(id);
        return special[id];
    }

    /// <summary>The id whose text is <paramref name="token"/> (a special token first), or null.</summary>
    public int? IdOf(string token)
    {
        if (Model.SpecialTokens.TryGetValue(token, out var id))
        {
            return id;
        }

        return idsBySpelling.TryGetValue(ByteAlphabet.Spell(Encoding.UTF8.GetBytes(token)), out id) ? id : null;
    }

    /// <summary>A decoder for ids that arrive one by one; special tokens give no text.</summary>
    public StreamingDecoder CreateDecoder() => new(this, skipSpecialTokens: true);

    /// <summary>A decoder for ids that arrive one by one.</summary>
    public StreamingDecoder CreateDecoder(bool skipSpecialTokens) => new(this, skipSpecialTokens);

    private void ThrowIfOutside(int id)
    {
        if ((uint)id >= (uint)special.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Token ids run from 0 to {special.Length - 1}.");
        }
    }

    private string SpellingAt(ReadOnlySpan<char> text)
    {
        foreach (var spelling in longestFirst)
        {
            if (text.StartsWith(spelling, StringComparison.Ordinal))
            {
                return spelling;
            }
        }

        throw new InvalidOperationException("A special token was found and then was not there.");
    }

    private void EncodeText(ReadOnlySpan<char> text, ref IdBuffer ids)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = Model.Splitter.EndOfWord(text, start);
            EncodeWord(text[start..end], ref ids);
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, ref IdBuffer ids)
    {
        if (word.Length > WordCache.LongestWord)
        {
            EncodeLongWord(word, ref ids);
            return;
        }

        var slot = WordCache.SlotOf(word);
        var known = cache.Find(word, slot);
        if (known is null)
        {
            Span<byte> bytes = stackalloc byte[WordCache.LongestWord * 3];
            Span<int> merged = stackalloc int[WordCache.LongestWord * 3];
            var length = Encoding.UTF8.GetBytes(word, bytes);
            known = merged[..merger.Encode(bytes[..length], merged)].ToArray();
            cache.Add(word, slot, known);
        }

        ids.Add(known);
    }

    private void EncodeLongWord(ReadOnlySpan<char> word, ref IdBuffer ids)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        var merged = new int[bytes.Length];
        ids.Add(merged.AsSpan(0, merger.Encode(bytes, merged)));
    }
}
