namespace InternPlatform.Tokenization.Tests;

public sealed class CorpusTests
{
    [Theory]
    [InlineData("corpora/tinyshakespeare.txt")]
    [InlineData("corpora/wiki_demo.txt")]
    [InlineData("corpora/botchan.txt")]
    [InlineData("corpora/chinese-poetry/全唐诗/poet.tang.0.json")]
    public void A_real_text_comes_back(string name)
    {
        var path = Texts.SharedData(name);
        Assert.SkipWhen(path is null, "The shared data folder is not here.");
        var text = File.ReadAllText(path!);
        var tokenizer = BpeTrainer.Train(text.Split('\n'), new BpeTrainingOptions(), null, CancellationToken.None);
        var ids = tokenizer.Encode(text);
        Assert.Equal(2048, tokenizer.VocabularySize);
        Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.InRange(ids.Length, 1, System.Text.Encoding.UTF8.GetByteCount(text) / 2);
    }
}
