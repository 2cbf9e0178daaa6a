using System.Text;

namespace InternPlatform.Tokenization;

/// <summary>What a tokenizer is made of, whatever its kind; ids are indices of <see cref="Tokens"/>.</summary>
internal abstract record TokenizerModel
{
    /// <summary>Bytes of each token's text; a special token has the UTF-8 bytes of its spelling.</summary>
    public abstract IReadOnlyList<byte[]> Tokens { get; init; }

    public abstract IReadOnlyDictionary<string, int> SpecialTokens { get; init; }

    /// <summary>Jinja text of <c>tokenizer_config.json</c>, kept when a folder is loaded and saved again.</summary>
    public string? ChatTemplateText { get; init; }

    /// <summary>The id that begins a text, where the files name one.</summary>
    public int? BosId { get; init; }

    /// <summary>The id that ends a text, where the files name one.</summary>
    public int? EosId { get; init; }

    /// <summary>Whether the files ask for <see cref="BosId"/> before every text.</summary>
    public bool AddsBos { get; init; }

    /// <summary>Whether the first text token of a sequence loses one leading space when it is decoded: the one that encoding put there.</summary>
    public virtual bool DropsFirstSpace => false;

    /// <summary>Whether the next one does so too, until there is text.</summary>
    public virtual bool DropsEveryFirstSpace => false;

    /// <summary>The id of what has no token, or -1 where everything has.</summary>
    public virtual int UnknownId => -1;

    /// <summary>Whether an id stands for one byte of a character that has no token of its own.</summary>
    public virtual bool IsByteFallback(int id) => false;

    public abstract ITextEncoder CreateEncoder();

    public static byte[] BytesOf(string spelling) => Encoding.UTF8.GetBytes(spelling);
}
