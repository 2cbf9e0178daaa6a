namespace InternPlatform.Tokenization.Tests;

public sealed class WordMergerTests
{
    [Fact]
    public void Long_words_merge_by_the_same_rule_as_short_ones()
    {
        var tokenizer = BpeTrainer.Train(Enumerable.Range(0, 400).Select(i => Letters(new Random(i), 40)), new BpeTrainingOptions { VocabularySize = 600 }, null, CancellationToken.None);
        var ranks = tokenizer.Bpe().Merges.Index().ToDictionary(merge => (merge.Item.Left, merge.Item.Right), merge => merge.Index);
        var random = new Random(12);
        for (var i = 0; i < 300; i++)
        {
            var word = Letters(random, random.Next(1, 400));
            Assert.Equal(Naive(tokenizer, ranks, word), tokenizer.Encode(word));
        }
    }

    [Fact]
    public void A_megabyte_without_a_space_is_encoded()
    {
        var text = new string('a', 1 << 20);
        var tokenizer = BpeTrainer.Train(["aaaaaaaa aaaaaaaa"], new BpeTrainingOptions(), null, CancellationToken.None);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: false));
    }

    private static string Letters(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "abc"[random.Next(3)]));

    private static List<int> Naive(Tokenizer tokenizer, Dictionary<(int, int), int> ranks, string word)
    {
        var ids = word.Select(character => 9 + character).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, ids.Count - 1).Where(i => ranks.ContainsKey((ids[i], ids[i + 1]))).OrderBy(i => ranks[(ids[i], ids[i + 1])]).ThenBy(i => i).Cast<int?>().FirstOrDefault();
            if (best is not { } at)
            {
                return ids;
            }

            ids[at] = tokenizer.Bpe().Merges[ranks[(ids[at], ids[at + 1])]].Result;
            ids.RemoveAt(at + 1);
        }
    }
}
