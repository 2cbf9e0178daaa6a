namespace InternPlatform.Tokenization.Tests;

public sealed class StreamingDecoderTests
{
    [Fact]
    public void Pieces_joined_are_the_whole_text_and_never_half_a_character()
    {
        var random = new Random(6);
        for (var i = 0; i < 3000; i++)
        {
            var text = Texts.Arbitrary(random, loneSurrogates: false);
            var decoder = Texts.Small.CreateDecoder();
            var pieces = Texts.Small.Encode(text).Select(decoder.Push).ToList();
            Assert.Equal(text, string.Concat(pieces));
            Assert.All(pieces, piece => Assert.True(piece.Length == 0 || (!char.IsHighSurrogate(piece[^1]) && !char.IsLowSurrogate(piece[0]))));
            Assert.Equal("", decoder.Flush());
        }
    }

    public static TheoryData<string> Names => Kinds.All;

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_ids_one_by_one_decode_as_the_whole(string name)
    {
        var tokenizer = Kinds.Get(name);
        var random = new Random(7);
        var texts = Lines.Edge(300, 8).Select(tokenizer.Encode);
        var anything = Enumerable.Range(0, 3000).Select(_ => Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(tokenizer.VocabularySize)).ToArray());
        foreach (var ids in texts.Concat(anything))
        {
            foreach (var skip in new[] { true, false })
            {
                var decoder = tokenizer.CreateDecoder(skip);
                Assert.Equal(tokenizer.Decode(ids, skip), string.Concat(ids.Select(decoder.Push)) + decoder.Flush());
            }
        }
    }

    [Fact]
    public void An_unfinished_character_waits_and_is_replaced_at_the_end()
    {
        var bytes = new[] { 0xF0, 0x9F, 0x99, 0x82 }.Select(b => 9 + b).ToArray();   // 🙂
        var decoder = Texts.Small.CreateDecoder();
        Assert.Equal(["", "", "", "🙂"], bytes.Select(decoder.Push));
        Assert.Equal("", decoder.Push(bytes[0]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("🙂", string.Concat(bytes.Select(decoder.Push)));
    }
}
