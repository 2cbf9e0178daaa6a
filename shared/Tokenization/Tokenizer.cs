using System.Buffers;
using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Text to ids and back: byte-level BPE, SentencePiece BPE or SentencePiece unigram, as the files say. Immutable and safe to share between threads.
/// </summary>
/// <remarks>
/// Text is UTF-16; a lone surrogate is encoded as U+FFFD. In byte-level BPE that is the only text that does not come back unchanged; a SentencePiece
/// model may normalise text first (<see cref="EncodeWithOffsets"/> tells what of the original each id stands for).
/// Byte-level BPE: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.2.
/// SentencePiece: Kudo and Richardson 2018, "SentencePiece: A simple and language independent subword tokenizer"; ids are those of its own command.
/// </remarks>
public sealed class Tokenizer
{
    private readonly ITextEncoder encoder;
    private readonly bool[] special;
    private readonly SpellingFinder spellings;
    private readonly Dictionary<string, int> idsByText = new(StringComparer.Ordinal);

    internal Tokenizer(TokenizerModel model)
    {
        Model = model;
        encoder = model.CreateEncoder();
        special = new bool[model.Tokens.Count];
        foreach (var id in model.SpecialTokens.Values)
        {
            special[id] = true;
        }

        spellings = new SpellingFinder(model.SpecialTokens);
        foreach (var id in Enumerable.Range(0, special.Length).Where(id => !special[id]).OrderBy(model.IsByteFallback))
        {
            idsByText.TryAdd(ByteAlphabet.Spell(model.Tokens[id]), id);
        }
    }

    /// <summary>Number of ids, special tokens included; ids run from 0.</summary>
    public int VocabularySize => Model.Tokens.Count;

    /// <summary>Ids of the special tokens by their spelling; of SentencePiece, its control pieces and the unknown one.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => Model.SpecialTokens;

    /// <summary>The Jinja text that came with the tokenizer, or null.</summary>
    public string? ChatTemplateText => Model.ChatTemplateText;

    /// <summary>The id that begins a text, or null where the files name none.</summary>
    public int? BosId => Model.BosId;

    /// <summary>The id that ends a text, or null where the files name none.</summary>
    public int? EosId => Model.EosId;

    /// <summary>Whether the files ask for <see cref="BosId"/> before every text. <see cref="Encode(string)"/> adds nothing by itself.</summary>
    public bool AddsBos => Model.AddsBos;

    internal TokenizerModel Model { get; }

    /// <summary>
    /// Reads what the folder has: <c>tokenizer.json</c>, or else <c>tokenizer.model</c> (SentencePiece), or else <c>vocab.json</c> and <c>merges.txt</c>;
    /// and, where present, <c>tokenizer_config.json</c>.
    /// </summary>
    /// <exception cref="InvalidTokenizerException">A file is missing, broken, or asks for what is not done here.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerFiles.Read(folder));

    /// <summary>Reads a SentencePiece <c>.model</c> file.</summary>
    /// <exception cref="InvalidTokenizerException">The file is missing, broken, or asks for what is not done here.</exception>
    public static Tokenizer LoadSentencePiece(string path) => new(SentencePieceFiles.Read(path));

    /// <summary>The tokenizer that a GGUF file describes under <c>tokenizer.*</c>.</summary>
    /// <param name="metadata">The file's keys; arrays as string[], float[] and int[].</param>
    /// <exception cref="InvalidTokenizerException">A key is missing, has another type, or names what is not done here.</exception>
    public static Tokenizer FromGguf(IReadOnlyDictionary<string, object> metadata) => new(new GgufVocabulary(metadata).Read());

    /// <summary>Reads the vocabulary that belongs to a llama2.c model, for example <c>tokenizer.bin</c>.</summary>
    /// <exception cref="InvalidTokenizerException">The file is missing, cut off, or none of these.</exception>
    public static Tokenizer LoadLlama2c(string path) => new(Llama2cVocabulary.Read(path));

    /// <summary>What a GGUF file says of this tokenizer under <c>tokenizer.*</c>; <see cref="FromGguf"/> reads it.</summary>
    /// <param name="vocabularySize">Rows of the model's embeddings; those without a token get one that no text has, as llama.cpp's converter does.</param>
    /// <exception cref="NotSupportedException">llama.cpp has no rule that gives the same ids.</exception>
    public IReadOnlyList<(string Key, object Value)> ToGguf(int vocabularySize) => GgufVocabularyWriter.Write(Model, vocabularySize);

    /// <summary>The same tokenizer, written with this chat template.</summary>
    public Tokenizer WithChatTemplate(ChatTemplate template) => new(Model with { ChatTemplateText = template.Jinja });

    /// <summary>
    /// Writes <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, and <c>tokenizer.json</c> or, of SentencePiece, <c>tokenizer.model</c>.
    /// </summary>
    public void Save(string folder) => TokenizerFiles.Write(folder, Model);

    /// <summary>Ids of a text. What looks like a special token is text: a user cannot type a turn's end.</summary>
    public int[] Encode(string text) => Encode(text, parseSpecialTokens: false);

    /// <summary>Ids of a text; with <paramref name="parseSpecialTokens"/> the spelling of a special token becomes its id.</summary>
    public int[] Encode(string text, bool parseSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeAll(text, parseSpecialTokens, spans: null);
    }

    /// <summary>Ids of a text, and of each where in <paramref name="text"/> it stands.</summary>
    public EncodedText EncodeWithOffsets(string text, bool parseSpecialTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        var spans = new List<TokenSpan>();
        return new EncodedText(EncodeAll(text, parseSpecialTokens, spans), [.. spans]);
    }

    /// <summary>Text of the ids. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var bytes = new ArrayBufferWriter<byte>(ids.Length * 4 + 16);
        var isBeginning = true;
        foreach (var id in ids)
        {
            if (!skipSpecialTokens || !IsSpecial(id))
            {
                bytes.Write(TextOf(id, ref isBeginning));
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

        return idsByText.TryGetValue(ByteAlphabet.Spell(Encoding.UTF8.GetBytes(token)), out id) ? id : null;
    }

    /// <summary>A decoder for ids that arrive one by one; special tokens give no text.</summary>
    public StreamingDecoder CreateDecoder() => new(this, skipSpecialTokens: true);

    /// <summary>A decoder for ids that arrive one by one.</summary>
    public StreamingDecoder CreateDecoder(bool skipSpecialTokens) => new(this, skipSpecialTokens);

    /// <summary>Ids of text that follows other text of the same sequence.</summary>
    internal int[] EncodeContinuation(string text)
    {
        using var ids = new IdBuffer(text.Length / 2 + 16);
        encoder.Encode(text, isBeginning: false, ids, sources: null);
        return ids.Span.ToArray();
    }

    /// <summary>A token's bytes in a sequence; <paramref name="isBeginning"/> is true until text has come, and then is set to false.</summary>
    internal ReadOnlySpan<byte> TextOf(int id, ref bool isBeginning)
    {
        var bytes = TokenBytes(id);
        if (!isBeginning || special[id])
        {
            isBeginning &= id != Model.UnknownId;
            return bytes;
        }

        var text = Model.DropsFirstSpace && !Model.IsByteFallback(id) && bytes.StartsWith((byte)' ') ? bytes[1..] : bytes;
        isBeginning = Model.DropsEveryFirstSpace ? text.IsEmpty : bytes.IsEmpty;
        return text;
    }

    private void ThrowIfOutside(int id)
    {
        if ((uint)id >= (uint)special.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Token ids run from 0 to {special.Length - 1}.");
        }
    }

    private int[] EncodeAll(string text, bool parseSpecialTokens, List<TokenSpan>? spans)
    {
        using var ids = new IdBuffer(text.Length / 2 + 16);
        var start = 0;
        var isBeginning = true;
        while (parseSpecialTokens && spellings.Next(text.AsSpan(start), out var length, out var id) is >= 0 and var at)
        {
            EncodeText(text.AsSpan(start, at), start, isBeginning, ids, spans);
            ids.Add(id);
            isBeginning &= at == 0;
            start += at + length;
            spans?.Add(new TokenSpan(start - length, start));
        }

        EncodeText(text.AsSpan(start), start, isBeginning, ids, spans);
        return ids.Span.ToArray();
    }

    private void EncodeText(ReadOnlySpan<char> text, int offset, bool isBeginning, IdBuffer ids, List<TokenSpan>? spans)
    {
        if (spans is null)
        {
            encoder.Encode(text, isBeginning, ids, sources: null);
            return;
        }

        var sources = new SourceMap(text);
        var (before, unknown) = (ids.Count, ids.UnknownLengths.Count);
        encoder.Encode(text, isBeginning, ids, sources);
        var lengths = ids.Span[before..].ToArray().Select(id => special[id] ? ids.UnknownLengths[unknown++] : encoder.LengthOf(id));
        spans.AddRange(sources.Spans(lengths, offset));
    }
}
