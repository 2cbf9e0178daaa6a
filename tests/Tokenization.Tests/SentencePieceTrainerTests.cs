using InternPlatform.Tests.Support;

namespace InternPlatform.Tokenization.Tests;

public sealed class SentencePieceTrainerTests
{
    private static readonly string[] Chinese = ["床前明月光疑是地上霜", "举头望明月低头思故乡", "明月几时有把酒问青天", "海上生明月天涯共此时"];

    public static TheoryData<bool> Kinds { get; } = [false, true];

    [Theory]
    [InlineData("bpe", 4000)]
    [InlineData("bpe", 2000)]
    [InlineData("unigram", 4000)]
    [InlineData("unigram", 2000)]
    public void Botchan_needs_no_more_tokens_than_with_sentencepiece(string kind, int size)
    {
        var path = SharedData.Find("corpora/botchan.txt");
        Assert.SkipWhen(path is null, "The corpora are not on this machine: set INTERN_DATA to the folder that holds them.");
        var lines = File.ReadAllLines(path).Where(line => line.Length > 0).ToArray();
        using var folder = new TemporaryFolder();
        var theirs = SpmCommand.Train(folder.Path, lines, $"--model_type={kind} --vocab_size={size} --normalization_rule_name=identity --remove_extra_whitespaces=false --byte_fallback --split_digits");
        var ours = Train(lines, new() { IsUnigram = kind == "unigram", VocabularySize = size });
        Assert.Equal(size, ours.VocabularySize);
        var (our, their) = (lines.Sum(line => ours.Encode(line).Length), SpmCommand.Encode(theirs, lines).Sum(ids => ids.Length));
        TestContext.Current.SendDiagnosticMessage($"{kind} {size}: {our} tokens, sentencepiece {their}: {our / (double)their:0.0000}");
        Assert.InRange(our / (double)their, 0.9, 1.01);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sentencepiece_reads_the_file_and_gives_the_same_ids(bool isUnigram)
    {
        using var folder = new TemporaryFolder();
        string[] lines = [.. Lines.Sample(1000, 9), .. Lines.Edge(500, 10)];
        var tokenizer = Train(lines[..1000], new() { IsUnigram = isUnigram, VocabularySize = 4000 });
        tokenizer.Save(folder.Path);
        Assert.All(lines.Zip(SpmCommand.Encode(Path.Combine(folder.Path, "tokenizer.model"), lines)), pair => Assert.Equal(pair.Second, tokenizer.Encode(pair.First)));
        var again = Tokenizer.Load(folder.Path);
        Assert.All(lines, line => Assert.Equal(tokenizer.Encode(line), again.Encode(line)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_texts_give_the_same_tokenizer_and_every_text_comes_back(bool isUnigram)
    {
        var options = new SentencePieceTrainingOptions { IsUnigram = isUnigram, VocabularySize = 500 };
        var (one, two) = (Train(Texts.Documents(600, 7), options), Train(Texts.Documents(600, 7), options));
        Assert.Equal(Spellings(one), Spellings(two));
        Assert.InRange(one.VocabularySize, 9 + 256 + 60, 500);
        var random = new Random(5);
        for (var i = 0; i < 500; i++)
        {
            var text = Texts.Arbitrary(random, loneSurrogates: false).Replace(SentencePieceModel.Space, '_');
            Assert.Equal(text, one.Decode(one.Encode(text), skipSpecialTokens: false));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pieces_keep_to_one_word_one_writing_system_and_single_digits(bool isUnigram)
    {
        var text = Enumerable.Repeat("in 2024月亮moon, 2024月亮moon! café cafe\u0301 indented    deep\n", 50);
        var pieces = Pieces(Train(text, new() { IsUnigram = isUnigram, VocabularySize = 600 }));
        Assert.All(pieces.Where(piece => piece.Any(char.IsDigit)), piece => Assert.Single(piece));
        Assert.All(pieces.Where(piece => piece.Contains('月', StringComparison.Ordinal)), piece => Assert.DoesNotContain(piece, char.IsAscii));
        Assert.All(pieces, piece => Assert.True(piece.Trim('▁').Length == 0 || piece.LastIndexOf('▁') <= 0, piece));
        Assert.Contains("▁indented", pieces);
        Assert.Contains("月亮", pieces);
        Assert.Contains("▁▁▁▁", pieces);
        Assert.DoesNotContain(pieces, piece => piece.Contains('\n', StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_many_words_share_becomes_a_piece(bool isUnigram)
    {
        var pieces = Pieces(Train(Chinese, new() { IsUnigram = isUnigram, VocabularySize = 400, CharacterCoverage = 1 }));
        Assert.Contains("明月", pieces);
        Assert.DoesNotContain(pieces, piece => piece.Length > 2);   // nothing longer comes twice
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Special_tokens_never_come_out_of_plain_text(bool isUnigram)
    {
        var tokenizer = Train(Enumerable.Repeat("s <s> </s> <unk> <0x41>", 40), new() { IsUnigram = isUnigram, VocabularySize = 400 });
        Assert.DoesNotContain(tokenizer.Encode("a <s></s><unk> b"), tokenizer.IsSpecial);
        Assert.Equal([0, 1, 2], new[] { "<unk>", "<s>", "</s>" }.Select(token => tokenizer.IdOf(token)!.Value));
        Assert.Equal((1, 2), (tokenizer.BosId, tokenizer.EosId));
        Assert.Equal("<0x41>", tokenizer.Decode(tokenizer.Encode("<0x41>"), skipSpecialTokens: false));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rare_characters_are_spelled_in_bytes(bool isUnigram)
    {
        string[] text = [.. Enumerable.Repeat("common words again and again", 500), "龘"];
        var tokenizer = Train(text, new() { IsUnigram = isUnigram, VocabularySize = 400 });
        Assert.Null(tokenizer.IdOf("龘"));
        Assert.Equal(3, tokenizer.Encode("龘").Length - tokenizer.Encode("").Length - 1);
        Assert.NotNull(Train(text, new() { IsUnigram = isUnigram, VocabularySize = 400, CharacterCoverage = 1 }).IdOf("龘"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Texts_with_nothing_in_them_leave_bytes(bool isUnigram)
    {
        var tokenizer = Train(["\n\n", "\t"], new() { IsUnigram = isUnigram, CharacterCoverage = 1 });
        Assert.Equal("héllo", tokenizer.Decode(tokenizer.Encode("héllo"), skipSpecialTokens: false));
    }

    [Fact]
    public void A_unigram_s_probabilities_add_up_to_one_at_most()
    {
        var tokenizer = Train(Texts.Documents(600, 7), new() { IsUnigram = true, VocabularySize = 500 });
        var sum = ((SentencePieceModel)tokenizer.Model).Pieces.Where(piece => piece.Type == PieceType.Normal).Sum(piece => Math.Exp(piece.Score));
        Assert.InRange(sum, 0.5, 1.01);
    }

    [Fact]
    public void Expected_counts_are_those_of_adding_up_every_way()
    {
        // "ab": as "ab" with probability 0.2, or as "a" and "b" with 0.5 · 0.3.
        var lattice = new UnigramLattice(["a", "b", "ab"], [Math.Log(0.5), Math.Log(0.3), Math.Log(0.2)]);
        var expected = new double[3];
        var total = lattice.AddExpected("ab"u8, 7, expected);
        Assert.Equal(Math.Log(0.35), total, 12);
        Assert.Equal([7 * 0.15 / 0.35, 7 * 0.15 / 0.35, 7 * 0.2 / 0.35], expected, (a, b) => Math.Abs(a - b) < 1e-9);
        var ids = new List<int>();
        lattice.Best("ab"u8, -1, ids);
        Assert.Equal([2], ids);
        lattice.Best("ab"u8, 2, ids);
        Assert.Equal([1, 0], ids);
    }

    [Fact]
    public void A_text_without_spaces_is_learnt_in_parts_that_lose_nothing()
    {
        // Every character is two UTF-16 units, and the first part's length is odd: a cut would fall between two of them.
        var text = "a" + string.Concat(Enumerable.Range(0, 30_000).Select(i => char.ConvertFromUtf32(0x20000 + (i % 7))));
        var words = PieceWords.Count([text], coverage: 1, CancellationToken.None);
        Assert.All(words.Words, word => Assert.InRange(word.Length, 1, 4_097));
        Assert.Equal(30_002, words.Words.Sum(word => word.Length * word.Count));
        Assert.Equal(9, words.Characters.Count);
    }

    [Fact]
    public void Options_that_contradict_themselves_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Train([], new() { VocabularySize = 200 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Train([], new() { CharacterCoverage = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Train([], new() { MaxPieceCharacters = 0 }));
        Assert.Throws<ArgumentException>(() => Train([], new() { SpecialTokens = ["<unk>", "<unk>"] }));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stop_is_heard(bool isUnigram) =>
        Assert.Throws<OperationCanceledException>(() => SentencePieceTrainer.Train(Texts.Documents(10, 1), new() { IsUnigram = isUnigram }, null, new CancellationToken(canceled: true)));

    private static Tokenizer Train(IEnumerable<string> texts, SentencePieceTrainingOptions options) => SentencePieceTrainer.Train(texts, options, null, CancellationToken.None);

    private static string[] Spellings(Tokenizer tokenizer) =>
        [.. ((SentencePieceModel)tokenizer.Model).Pieces.Select(piece => $"{piece.Text} {piece.Score:R}")];

    private static string[] Pieces(Tokenizer tokenizer) =>
        [.. ((SentencePieceModel)tokenizer.Model).Pieces.Where(piece => piece.Type == PieceType.Normal).Select(piece => piece.Text)];
}
