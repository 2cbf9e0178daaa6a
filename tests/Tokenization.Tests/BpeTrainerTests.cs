using System.Text;

namespace InternPlatform.Tokenization.Tests;

public sealed class BpeTrainerTests
{
    private static readonly BpeTrainingOptions Options = new() { VocabularySize = 360 };

    [Fact]
    public void The_same_texts_give_the_same_tokenizer()
    {
        var again = Train(Texts.Documents(600, 7), Options);
        Assert.Equal(Texts.Small.Bpe().Merges, again.Bpe().Merges);
    }

    [Fact]
    public void Special_tokens_have_the_first_ids_in_the_fixed_order()
    {
        Assert.Equal(0, Texts.Small.IdOf("<unk>"));
        Assert.Equal(1, Texts.Small.IdOf("<s>"));
        Assert.Equal(2, Texts.Small.IdOf("</s>"));
        Assert.Equal(8, Texts.Small.IdOf("<|plugin|>"));
        Assert.All(Enumerable.Range(0, 9), id => Assert.True(Texts.Small.IsSpecial(id)));
        Assert.False(Texts.Small.IsSpecial(9));
    }

    [Fact]
    public void The_vocabulary_has_the_size_asked_for() => Assert.Equal(360, Texts.Small.VocabularySize);

    [Fact]
    public void No_token_is_longer_than_the_limit_or_ends_inside_a_character_it_shares()
    {
        for (var id = 9 + 256; id < Texts.Small.VocabularySize; id++)
        {
            var bytes = Texts.Small.TokenBytes(id).ToArray();
            Assert.InRange(bytes.Length, 2, 9);
            var text = Encoding.UTF8.GetString(bytes);
            Assert.True(!text.Contains('\uFFFD', StringComparison.Ordinal) || text == "\uFFFD", $"token {id} is {Convert.ToHexString(bytes)}");
        }
    }

    [Fact]
    public void Every_digit_is_a_token_and_the_space_before_a_number_too()
    {
        var ids = Texts.Small.Encode("kept 4071 of");
        Assert.Equal([" ", "4", "0", "7", "1"], ids.Select(id => Encoding.UTF8.GetString(Texts.Small.TokenBytes(id))).Where(token => token == " " || char.IsDigit(token[0])));
        Assert.Equal(5, Texts.Small.Encode(" 4071").Length);
    }

    [Fact]
    public void Frequent_words_become_one_token()
    {
        Assert.Single(Texts.Small.Encode(" river"));
        Assert.Single(Texts.Small.Encode("在哪里"));
    }

    [Fact]
    public void The_first_merges_are_those_of_a_trainer_that_counts_again_each_time()
    {
        var documents = Texts.Documents(150, 3).ToArray();
        var tokenizer = Train(documents, new BpeTrainingOptions { VocabularySize = 9 + 256 + 90 });
        Assert.Equal(NaiveMerges(documents, 90), tokenizer.Bpe().Merges.Select(merge => (merge.Left, merge.Right)));
    }

    [Fact]
    public void A_special_token_cannot_come_out_of_plain_text()
    {
        var tokenizer = Train(Enumerable.Repeat("end end end", 50), new BpeTrainingOptions { VocabularySize = 300, SpecialTokens = ["<unk>", "end"] });
        Assert.DoesNotContain(1, tokenizer.Encode("end end"));
        Assert.Contains(1, tokenizer.Encode("end", parseSpecialTokens: true));
    }

    [Fact]
    public void A_text_with_few_words_gives_a_small_vocabulary()
    {
        Assert.Equal(9 + 256, Train([], Options).VocabularySize);
        Assert.Equal(9 + 256, Train(["abc", "12345 12345"], Options).VocabularySize);
    }

    [Fact]
    public void Options_that_cannot_be_met_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Train([], new BpeTrainingOptions { VocabularySize = 264 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Train([], new BpeTrainingOptions { MaxTokenBytes = 0 }));
        Assert.Throws<ArgumentException>(() => Train([], new BpeTrainingOptions { SpecialTokens = ["<s>", "<s>"] }));
    }

    [Fact]
    public void Training_stops_when_asked()
    {
        Assert.Throws<OperationCanceledException>(() => BpeTrainer.Train(Texts.Documents(10, 1), Options, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Progress_ends_at_one()
    {
        var reports = new Reports();
        BpeTrainer.Train(Texts.Documents(200, 1), Options, reports, CancellationToken.None);
        Assert.Equal(1, reports.Values[^1]);
        Assert.Equal(reports.Values.Order(), reports.Values);
    }

    private static Tokenizer Train(IEnumerable<string> texts, BpeTrainingOptions options) => BpeTrainer.Train(texts, options, null, CancellationToken.None);

    private static List<(int, int)> NaiveMerges(string[] documents, int count)
    {
        var tokens = Enumerable.Range(0, 9 + 256).Select(id => id < 9 ? [] : new[] { (byte)(id - 9) }).ToList();
        var words = documents.SelectMany(WordsOf).Select(word => Encoding.UTF8.GetBytes(word).Select(b => 9 + b).ToList()).ToList();
        var merges = new List<(int Left, int Right)>();
        while (merges.Count < count)
        {
            var best = words.SelectMany(word => word.Zip(word.Skip(1)))
                .Where(pair => tokens[pair.First].Length + tokens[pair.Second].Length <= 9 && Utf8Shape.IsWholeOrBeginning([.. tokens[pair.First], .. tokens[pair.Second]]))
                .GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
                .First().Key;
            merges.Add(best);
            tokens.Add([.. tokens[best.First], .. tokens[best.Second]]);
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if ((word[i], word[i + 1]) == best)
                    {
                        word[i] = tokens.Count - 1;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return merges;
    }

    private static IEnumerable<string> WordsOf(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = WordRule.EndOfWord(text, start);
            yield return text[start..end];
            start = end;
        }
    }

    private sealed class Reports : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
