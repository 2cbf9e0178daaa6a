using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

public sealed class GgufVocabularyTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [Theory]
    [InlineData("gpt-2", "gpt-2")]
    [InlineData("phi-3", "phi-3")]
    [InlineData("phi-3", "llama-spm")]
    public void Ids_are_those_of_llama_cpp(string vocabulary, string vectors)
    {
        var texts = File.ReadAllText(Kinds.GgufFile(vocabulary) + ".inp").Split(Separator);
        var expected = File.ReadAllLines(SharedData.Need($"tokenizers/llama.cpp/ggml-vocab-{vectors}.gguf.out"));
        Assert.Equal(46, expected.Length);
        var tokenizer = Kinds.Get(vocabulary);
        Assert.All(expected.Zip(texts), pair => Assert.Equal(
            pair.First.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), tokenizer.Encode(pair.Second)));
    }

    [Fact]
    public void What_the_file_says_of_begin_and_end_is_told()
    {
        var phi = Kinds.Get("phi-3");
        Assert.Equal(1, phi.BosId);
        Assert.True(phi.AddsBos);
        Assert.True(phi.IsSpecial(phi.EosId!.Value));
        Assert.Equal("<|endoftext|>", phi.Decode([phi.EosId.Value], skipSpecialTokens: false));
    }

    [Fact]
    public void A_user_defined_token_is_cut_out_before_words_are()
    {
        var tokenizer = Tokenizer.FromGguf(ByteLevel(("<tool>", 4), ("<end>", 3)));
        Assert.Equal(new[] { 'a', ' ', 256, 'b' }.Select(id => (int)id), tokenizer.Encode("a <tool>b"));
        Assert.DoesNotContain(257, tokenizer.Encode("<end>"));
        Assert.Equal([257], tokenizer.Encode("<end>", parseSpecialTokens: true));
        Assert.Equal("a <tool>b", tokenizer.Decode(tokenizer.Encode("a <tool>b"), skipSpecialTokens: true));
    }

    [Fact]
    public void A_byte_level_vocabulary_written_and_read_gives_the_same_ids()
    {
        using var folder = new TemporaryFolder();
        foreach (var tokenizer in new[] { Tokenizer.FromGguf(ByteLevel(("<tool>", 4), ("<end>", 3))), Kinds.Get("gpt-2") })
        {
            tokenizer.Save(folder.Path);
            var again = Tokenizer.Load(folder.Path);
            Assert.All(Lines.Edge(200, 12).Append("x<tool> 1234<end>"), line => Assert.Equal(tokenizer.Encode(line, true), again.Encode(line, true)));
        }
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("phi-3")]
    public void What_is_written_for_a_GGUF_file_gives_the_same_ids(string kind)
    {
        var tokenizer = Kinds.Get(kind);
        var keys = tokenizer.ToGguf(tokenizer.VocabularySize + 2).ToDictionary(pair => pair.Key, pair => pair.Value);
        var again = Tokenizer.FromGguf(keys);
        Assert.Equal((tokenizer.VocabularySize + 2, tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos), (again.VocabularySize, again.BosId, again.EosId, again.AddsBos));
        Assert.All(Lines.Edge(300, 5).Concat(Lines.Sample(300, 6)), line => Assert.Equal(tokenizer.Encode(line, true), again.Encode(line, true)));
    }

    [Theory]
    [InlineData("own")]
    [InlineData("unigram")]
    public void A_tokenizer_that_llama_cpp_would_read_otherwise_is_refused(string kind) => Assert.Throws<NotSupportedException>(() => Kinds.Get(kind).ToGguf(1));

    [Fact]
    public void A_vocabulary_of_llama2c_is_read_whole_or_refused()
    {
        var bytes = File.ReadAllBytes(SharedData.Need("models/stories260K/tok512.bin"));
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tok.bin");
        File.WriteAllBytes(path, bytes);
        var tokenizer = Tokenizer.LoadLlama2c(path);
        Assert.Equal((512, 1, 2, true), (tokenizer.VocabularySize, tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos));
        Assert.All(Lines.Edge(200, 7), line => Assert.Equal(line.Replace('\u2581', ' '), tokenizer.Decode(tokenizer.Encode(line), skipSpecialTokens: true)));

        var random = new Random(3);
        foreach (var length in Enumerable.Range(0, 60).Select(_ => random.Next(bytes.Length - 2)))
        {
            File.WriteAllBytes(path, bytes[..length]);
            // A file that ends between two pieces is a smaller vocabulary.
            if (Record.Exception(() => Tokenizer.LoadLlama2c(path)) is { } refusal)
            {
                Assert.IsType<InvalidTokenizerException>(refusal);
            }
        }

        File.WriteAllBytes(path, [.. bytes[..8], 0xFF, 0xFF, 0xFF, 0x7F, .. bytes[12..]]);
        Assert.Throws<InvalidTokenizerException>(() => Tokenizer.LoadLlama2c(path));
    }

    [Theory]
    [InlineData("llama-bpe", "It's 12345 A\n\n  b", new[] { "It", "'s", " ", "123", "45", " A", "\n\n", " ", " b" })]
    [InlineData("qwen2", "it'LL 123", new[] { "it", "'LL", " ", "1", "2", "3" })]
    [InlineData("gpt-2", "it's  12345", new[] { "it", "'s", " ", " 12345" })]
    [InlineData("default", "a==b 12345", new[] { "a", "==", "b", " ", "123", "45" })]
    [InlineData("smollm", "a 12", new[] { "a", " ", "1", "2" })]
    public void A_named_rule_splits_as_llama_cpp_does(string name, string text, string[] words)
    {
        var splitter = PreTokenizers.Find(name)!.Splitter;
        var found = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = splitter.EndOfWord(text, start);
            found.Add(text[start..end]);
            start = end;
        }

        Assert.Equal(words, found);
    }

    [Theory]
    [InlineData("tokenizer.ggml.model", "bert", "'bert'")]
    [InlineData("tokenizer.ggml.pre", "martian", "'martian'")]
    [InlineData("tokenizer.ggml.tokens", null, "missing")]
    [InlineData("tokenizer.ggml.tokens", 5, "Int32")]
    [InlineData("tokenizer.ggml.token_type", new[] { 1 }, "1 for 256")]
    [InlineData("tokenizer.ggml.merges", new[] { "a b c" }, "'a b c'")]
    [InlineData("tokenizer.ggml.bos_token_id", 999u, "999")]
    public void Metadata_that_makes_no_tokenizer_is_refused_by_name(string key, object? value, string reason)
    {
        var metadata = ByteLevel();
        metadata.Remove(key);
        if (value is not null)
        {
            metadata[key] = value;
        }

        Assert.Contains(reason, Assert.Throws<InvalidTokenizerException>(() => Tokenizer.FromGguf(metadata)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> ByteLevel(params (string Text, int Type)[] added) => new()
    {
        ["tokenizer.ggml.model"] = "gpt2",
        ["tokenizer.ggml.pre"] = "gpt-2",
        ["tokenizer.ggml.tokens"] = Enumerable.Range(0, 256).Select(b => ByteAlphabet.Spell([(byte)b])).Concat(added.Select(token => token.Text)).ToArray(),
        ["tokenizer.ggml.token_type"] = Enumerable.Repeat(1, 256).Concat(added.Select(token => token.Type)).ToArray(),
        ["tokenizer.ggml.merges"] = Array.Empty<string>(),
    };
}
