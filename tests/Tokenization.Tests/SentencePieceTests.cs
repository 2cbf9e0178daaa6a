using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

public sealed class SentencePieceTests
{
    public static TheoryData<string> Names => Kinds.SentencePiece;

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_are_those_of_sentencepieces_own_command(string name)
    {
        IdsAreTheCommands(name, Lines.Sample(2000, 1));
        IdsAreTheCommands(name, Lines.Edge(1000, 2));
    }

    [Theory(Explicit = true)]
    [Trait("Category", "Nightly")]
    [MemberData(nameof(Names))]
    public void Ids_are_those_of_sentencepieces_own_command_on_many_lines(string name)
    {
        IdsAreTheCommands(name, Lines.Sample(20_000, 3));
        IdsAreTheCommands(name, Lines.Edge(20_000, 4));
        IdsAreTheCommands(name, [.. Enumerable.Range(0x20, 0x10FFFF - 0x20).Where(point => point is < 0xD800 or > 0xDFFF && point % 7 < 3).Select(point => $"a{char.ConvertFromUtf32(point)}b")]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Text_of_ids_is_that_of_sentencepieces_own_command(string name)
    {
        var tokenizer = Kinds.Get(name);
        var random = new Random(5);
        var plain = Enumerable.Range(0, tokenizer.VocabularySize).Where(id => !tokenizer.IsSpecial(id) && !tokenizer.TokenBytes(id).Contains((byte)'\n')).ToArray();
        int[][] ids = [.. Lines.Sample(500, 6).Select(tokenizer.Encode), .. Lines.Edge(500, 7).Select(tokenizer.Encode), .. Enumerable.Range(0, 500).Select(_ => random.GetItems(plain, 8))];
        var texts = SpmCommand.Decode(Kinds.ModelFile(name), ids);
        Assert.All(ids.Zip(texts), pair => Assert.Equal(pair.Second, tokenizer.Decode(pair.First, skipSpecialTokens: false)));
    }

    [Fact]
    public void A_written_model_gives_its_command_the_ids_we_give()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "phi-3", "internlm2", "unigram" })
        {
            Kinds.Get(name).Save(folder.Path);
            var lines = Lines.Sample(500, 8);
            var theirs = SpmCommand.Encode(Path.Combine(folder.Path, "tokenizer.model"), lines);
            Assert.All(lines.Zip(theirs), pair => Assert.Equal(pair.Second, Kinds.Get(name).Encode(pair.First)));
        }
    }

    [Theory]
    [InlineData("--model_type=unigram --vocab_size=2000 --hard_vocab_limit=false --user_defined_symbols=the,<tool>,ing")]
    [InlineData("--model_type=unigram --vocab_size=2000 --hard_vocab_limit=false --byte_fallback=true --normalization_rule_name=identity --remove_extra_whitespaces=false")]
    [InlineData("--model_type=bpe --vocab_size=2000 --user_defined_symbols=the,<tool>,ing --character_coverage=0.98")]
    [InlineData("--model_type=bpe --vocab_size=2000 --byte_fallback=true --add_dummy_prefix=false --normalization_rule_name=nfkc_cf")]
    public void A_model_that_its_command_trained_gives_the_same_ids(string options)
    {
        using var folder = new TemporaryFolder();
        var text = Lines.Sample(3000, 9);
        var path = SpmCommand.Train(folder.Path, text, options);
        string[] lines = [.. text[..1000], .. Lines.Edge(500, 10)];
        var tokenizer = Tokenizer.LoadSentencePiece(path);
        Assert.All(lines.Zip(SpmCommand.Encode(path, lines)), pair => Assert.Equal(pair.Second, tokenizer.Encode(pair.First)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_folder_written_and_read_gives_the_same_ids(string name)
    {
        using var folder = new TemporaryFolder();
        var tokenizer = Kinds.Get(name);
        Texts.Small.Save(folder.Path);
        tokenizer.Save(folder.Path);
        var again = Tokenizer.Load(folder.Path);
        Assert.Equal(tokenizer.SpecialTokens, again.SpecialTokens);
        Assert.Equal((tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize), (again.BosId, again.EosId, again.VocabularySize));
        Assert.All(Lines.Edge(500, 11), line => Assert.Equal(tokenizer.Encode(line), again.Encode(line)));
    }

    [Fact]
    public void A_long_text_without_a_space_is_encoded()
    {
        var text = string.Concat(Enumerable.Repeat("abcde的", 50_000));
        var tokenizer = Kinds.Get("internlm2");
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: false));
    }

    [Fact]
    public void A_chat_mark_that_the_folder_names_cannot_be_typed_under_either_spelling()
    {
        using var folder = new TemporaryFolder();
        var plain = Kinds.Get("internlm2");
        plain.Save(folder.Path);
        var mark = plain.IdOf("[UNUSED_TOKEN_145]")!.Value;
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"),
            $$$"""{"added_tokens_decoder":{"{{{mark}}}":{"content":"<|im_end|>","special":true}},"bos_token":"<s>","eos_token":{"content":"</s>"}}""");
        var chat = Tokenizer.Load(folder.Path);
        Assert.Equal([mark], plain.Encode("[UNUSED_TOKEN_145]"));
        Assert.DoesNotContain(mark, chat.Encode("[UNUSED_TOKEN_145]<|im_end|>"));
        Assert.Equal([mark], chat.Encode("<|im_end|>", parseSpecialTokens: true));
        Assert.Equal((plain.BosId, plain.EosId), (chat.BosId, chat.EosId));
    }

    private static void IdsAreTheCommands(string name, string[] lines)
    {
        var theirs = SpmCommand.Encode(Kinds.ModelFile(name), lines);
        Assert.Equal(lines.Length, theirs.Length);
        Assert.All(lines.Zip(theirs), pair => Assert.Equal(pair.Second, Kinds.Get(name).Encode(pair.First)));
    }
}
