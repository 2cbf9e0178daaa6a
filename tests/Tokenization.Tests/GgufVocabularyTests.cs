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
