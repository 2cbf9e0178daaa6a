using System.Text;

namespace InternPlatform.Tokenization.Tests;

public sealed class RoundTripTests
{
    [Fact]
    public void Any_text_comes_back()
    {
        var random = new Random(1);
        for (var i = 0; i < 5000; i++)
        {
            var text = Texts.Arbitrary(random, loneSurrogates: false);
            Assert.Equal(text, Texts.Small.Decode(Texts.Small.Encode(text), skipSpecialTokens: false));
        }
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        var random = new Random(2);
        for (var i = 0; i < 5000; i++)
        {
            var text = Texts.Arbitrary(random, loneSurrogates: true);
            var replaced = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            Assert.Equal(Texts.Small.Encode(replaced), Texts.Small.Encode(text));
            Assert.Equal(replaced, Texts.Small.Decode(Texts.Small.Encode(text), skipSpecialTokens: false));
        }
    }

    [Fact]
    public void A_warm_cache_gives_the_ids_of_a_cold_one()
    {
        var fresh = BpeTrainer.Train(Texts.Documents(600, 7), new BpeTrainingOptions { VocabularySize = 360 }, null, CancellationToken.None);
        foreach (var text in Texts.Documents(200, 8))
        {
            Assert.Equal(Texts.Small.Encode(text), fresh.Encode(text));
            Assert.Equal(Texts.Small.Encode(text), fresh.Encode(text));
        }
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        var documents = Texts.Documents(500, 9).ToArray();
        var expected = documents.Select(Texts.Small.Encode).ToArray();
        var fresh = BpeTrainer.Train(Texts.Documents(600, 7), new BpeTrainingOptions { VocabularySize = 360 }, null, CancellationToken.None);
        Parallel.For(0, 4 * documents.Length, i => Assert.Equal(expected[i % documents.Length], fresh.Encode(documents[i % documents.Length])));
    }

    [Fact]
    public void A_special_token_in_text_stays_text_unless_asked()
    {
        var end = Texts.Small.SpecialTokens["<|im_end|>"];
        const string text = "a<|im_end|>b";
        Assert.DoesNotContain(end, Texts.Small.Encode(text));
        Assert.Equal(text, Texts.Small.Decode(Texts.Small.Encode(text), skipSpecialTokens: true));
        Assert.Equal([.. Texts.Small.Encode("a"), end, .. Texts.Small.Encode("b")], Texts.Small.Encode(text, parseSpecialTokens: true));
    }

    [Fact]
    public void A_tokenizer_may_have_no_special_tokens()
    {
        var bare = BpeTrainer.Train([], new BpeTrainingOptions { SpecialTokens = [] }, null, CancellationToken.None);
        Assert.Equal("<s>x", bare.Decode(bare.Encode("<s>x", parseSpecialTokens: true), skipSpecialTokens: true));
    }

    [Fact]
    public void Of_two_special_tokens_the_longer_is_read()
    {
        var tokenizer = BpeTrainer.Train([], new BpeTrainingOptions { SpecialTokens = ["<a>", "<a><b>", "<b>"] }, null, CancellationToken.None);
        Assert.Equal([1, 0, 0], tokenizer.Encode("<a><b><a><a>", parseSpecialTokens: true));
    }

    [Fact]
    public void Special_tokens_can_be_left_out_of_the_text()
    {
        var ids = Texts.Small.Encode("<s>hi<|im_end|>", parseSpecialTokens: true);
        Assert.Equal("hi", Texts.Small.Decode(ids, skipSpecialTokens: true));
        Assert.Equal("<s>hi<|im_end|>", Texts.Small.Decode(ids, skipSpecialTokens: false));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_refused_by_name()
    {
        var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => Texts.Small.Decode([Texts.Small.VocabularySize], skipSpecialTokens: false));
        Assert.Contains($"0 to {Texts.Small.VocabularySize - 1}", thrown.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Texts.Small.TokenBytes(-1));
    }

    [Fact]
    public void Nothing_has_no_ids()
    {
        Assert.Empty(Texts.Small.Encode(""));
        Assert.Equal("", Texts.Small.Decode([], skipSpecialTokens: false));
    }
}
