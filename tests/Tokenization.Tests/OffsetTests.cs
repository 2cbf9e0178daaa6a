namespace InternPlatform.Tokenization.Tests;

/// <summary>Where in the original text each id stands, for every kind of tokenizer.</summary>
public sealed class OffsetTests
{
    public static TheoryData<string> Names => Kinds.All;

    [Theory]
    [MemberData(nameof(Names))]
    public void Spans_follow_one_another_and_leave_out_only_what_normalisation_removes(string name)
    {
        var tokenizer = Kinds.Get(name);
        foreach (var text in SomeTexts())
        {
            var encoded = tokenizer.EncodeWithOffsets(text, parseSpecialTokens: false);
            Assert.Equal(tokenizer.Encode(text), encoded.Ids);
            var end = 0;
            foreach (var (start, next) in encoded.Spans)
            {
                Assert.True(start <= next && next >= end, text);
                if (start > end)
                {
                    Assert.Empty(tokenizer.Encode(text[end..start]));
                }

                end = next;
            }

            Assert.True(end == text.Length || tokenizer.Encode(text[end..]).Length == 0, text);
        }
    }

    [Theory]
    [InlineData("own")]
    [InlineData("gpt-2")]
    [InlineData("phi-3")]
    [InlineData("internlm")]
    [InlineData("internlm2")]
    public void Where_nothing_is_normalised_a_span_is_the_tokens_text_or_the_character_it_is_a_part_of(string name)
    {
        var tokenizer = Kinds.Get(name);
        foreach (var text in SomeTexts().Where(text => !text.Contains('▁')))
        {
            var (ids, spans) = tokenizer.EncodeWithOffsets(text, parseSpecialTokens: false);
            for (var i = 0; i < ids.Length; i++)
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(text[spans[i].Start..spans[i].End]);
                Assert.True(
                    tokenizer.IsSpecial(ids[i]) || bytes.AsSpan().IndexOf(tokenizer.TokenBytes(ids[i])) >= 0 || (i == 0 && tokenizer.TokenBytes(ids[0])[1..].SequenceEqual(bytes)),
                    $"'{text}' at {i}");
            }
        }
    }

    [Fact]
    public void Bytes_of_one_character_share_it_and_special_tokens_have_their_spelling()
    {
        var (ids, spans) = Texts.Small.EncodeWithOffsets("<s>a🙂b<|im_end|>", parseSpecialTokens: true);
        Assert.Equal(7, ids.Length - 1);
        Assert.Equal([new(0, 3), new(3, 4), new(4, 6), new(4, 6), new(4, 6), new(4, 6), new(6, 7), new(7, 17)], spans);
    }

    [Fact]
    public void Normalised_text_points_back_to_what_was_written()
    {
        const string text = "  ｆｕｌｌ  width ";
        var (ids, spans) = Kinds.Get("unigram").EncodeWithOffsets(text, parseSpecialTokens: false);
        Assert.Equal("full width", Kinds.Get("unigram").Decode(ids, skipSpecialTokens: false));
        Assert.Equal(2, spans[0].Start);
        Assert.Equal(text.Length - 1, spans[^1].End);
    }

    private static IEnumerable<string> SomeTexts()
    {
        var random = new Random(21);
        return Lines.Edge(500, 20).Concat(Enumerable.Range(0, 500).Select(_ => Texts.Arbitrary(random, loneSurrogates: true)));
    }
}
