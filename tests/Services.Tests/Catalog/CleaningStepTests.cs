using System.Text.Json;
using InternPlatform.Catalog.Cleaning;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Datasets;
using InternPlatform.Tests.Support;
using InternPlatform.Tokenization;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>Each step by itself.</summary>
public sealed class CleaningStepTests
{
    private const string English = "In the morning the old baker walked to the market, bought three apples and a loaf of bread, and told his neighbour about the storm that had broken two windows of the school.";
    private const string Chinese = "早上，老面包师走到市场，买了三个苹果和一条面包，然后告诉邻居昨天晚上的大风把学校的两扇窗户打破了，孩子们今天都在图书馆里上课，下午才回家吃饭，晚上又一起去看了月亮和星星。";

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\r\nb\rc\u2028d", "a\nb\nc\nd")]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("bell\u0007 zero\u200Bwidth", "bell zerowidth")]
    [InlineData("two  spaces\u00A0here  \nend ", "two spaces here\nend")]
    [InlineData("a\n\n\n\nb\n\n", "a\n\nb")]
    [InlineData("    indented code", "    indented code")]
    [InlineData("　　全角缩进，不变。", "　　全角缩进，不变。")]
    [InlineData("  \u00A0 ", null)]
    public void Normalising_gives_the_same_text_in_the_same_characters(string text, string? expected)
    {
        var (kept, steps) = Cleaned.OfTexts("normalize", null, text);

        Assert.Equal(expected is null ? [] : [expected], kept.Select(row => row.Text));
        Assert.Equal(expected is null || expected == text ? 0 : 1, steps[0].RowsChanged);
    }

    [Fact]
    public void Compatible_characters_become_one_only_when_asked()
    {
        Assert.Equal("ＡＢＣ，１２", Cleaned.OfTexts("normalize", null, "ＡＢＣ，１２").Kept[0].Text);
        Assert.Equal("ABC,12", Cleaned.OfTexts("normalize", new { form = "nfkc" }, "ＡＢＣ，１２").Kept[0].Text);
    }

    [Fact]
    public void A_dialogue_keeps_its_turns_and_calls_and_has_its_contents_normalised()
    {
        var chat = new ChatRow(
            [
                new ChatMessage { Role = "user", Content = "What  is\u00A017 plus 3? " },
                new ChatMessage { Role = "assistant", ToolCalls = [new ChatToolCall("calculator", """{"a":17,  "b":3}""")] },
                new ChatMessage { Role = "tool", Content = "20" },
            ],
            "[]");
        var row = Cleaned.Of([new StoredRow(null, chat, null, "tool-chat")], [new CleaningStep { Kind = "normalize" }]).Kept[0].Stored;

        Assert.Equal("What is 17 plus 3?", row.Chat!.Messages[0].Content);
        Assert.Equal("""{"a":17,  "b":3}""", row.Chat.Messages[1].ToolCalls![0].ArgumentsJson);
        Assert.Equal(("20", "tool-chat", "[]"), (row.Chat.Messages[2].Content, row.Kind, row.Chat.ToolsJson));
    }

    [Theory]
    [InlineData("Tom lives in Greenhill.", "en")]
    [InlineData("Repeat: 12 345", "en")]
    [InlineData("12 + 30", "en")]
    [InlineData("照抄 12 345", "zh")]
    [InlineData("“太阳”的英语是“sun”。", "zh")]
    [InlineData("\"sun\" in Chinese is \"太阳\".", "en")]
    [InlineData("用 JSON 给我 12 和 3 。\n{\"a\": 12, \"b\": 3}", "zh")]
    [InlineData("La casa de mi abuela está en un pueblo pequeño cerca del mar.", "other")]
    [InlineData("Le petit chat est assis sur le mur.", "other")]
    [InlineData("Der alte Mann geht jeden Morgen mit seinem Hund durch den Wald.", "other")]
    [InlineData("昨日の夜、友だちといっしょにえいがを見に行きました。", "other")]
    [InlineData("Маленькая девочка нашла мяч.", "other")]
    [InlineData("#$%&* ±×÷ ■□▪ ^^^ @@@", "other")]
    [InlineData("ä½ å¥½ï¼Œä¸–ç•Œã€‚æ—©ä¸Šå¥½", "other")]
    public void Languages_are_told_apart(string text, string language) => Assert.Equal(language, TextLanguage.Of(text, ScriptCounts.Of(text)).Language);

    [Theory]
    [InlineData("eval/language/xcopa/test.zh.jsonl", "zh", 0.99)]
    [InlineData("eval/language/xcopa/test.it.jsonl", "other", 0.90)]
    [InlineData("eval/language/xcopa/test.id.jsonl", "other", 0.90)]
    [InlineData("eval/language/xcopa/test.vi.jsonl", "other", 0.99)]
    [InlineData("eval/language/blimp/adjunct_island.jsonl", "en", 0.99)]
    public async Task Real_sentences_are_told_apart(string file, string language, double least)
    {
        var texts = await File.ReadAllLinesAsync(SharedData.Need(file), TestContext.Current.CancellationToken);
        var right = texts.Select(line => JsonElement.Parse(line)).Select(record => string.Join('\n', new[] { "premise", "choice1", "choice2", "sentence_good" }
                .Where(field => record.TryGetProperty(field, out _)).Select(field => record.GetProperty(field).GetString())))
            .Count(text => TextLanguage.Of(text, ScriptCounts.Of(text)).Language == language);

        Assert.True(right >= least * texts.Length, $"{right} of {texts.Length} are told to be {language}");
    }

    [Fact]
    public void Length_has_two_ends_and_says_what_was_measured()
    {
        var (kept, steps) = Cleaned.OfTexts("length", new { minimum = 3, maximum = 5 }, "ab", "abc", "abcde", "abcdef");

        Assert.Equal(["abc", "abcde"], kept.Select(row => row.Text));
        Assert.Equal([(0L, "2 characters (at least 3)"), (3L, "6 characters (at most 5)")], steps[0].Dropped.Select(row => (row.Row, row.Reason)));
    }

    [Theory]
    [InlineData(English, true)]
    [InlineData(Chinese, true)]
    [InlineData("Click here to subscribe to our newsletter.\nClick here to subscribe to our newsletter.\nClick here to subscribe to our newsletter.\nClick here to subscribe to our newsletter.\nRead on.", false)]
    [InlineData("buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now buy now", false)]
    [InlineData("今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！今日特价，买一送一，数量有限！", false)]
    [InlineData("again again again", true)]
    public void Text_that_says_the_same_again_and_again_goes(string text, bool stays) => Assert.Equal(stays ? 1 : 0, Cleaned.OfTexts("repetition", null, text).Kept.Count);

    [Fact]
    public void The_first_of_equal_texts_stays_and_short_ones_may_repeat()
    {
        var (kept, steps) = Cleaned.OfTexts("exact-duplicates", null, "Hello!", English, "Hello!", Chinese, English.ToUpperInvariant() + "  !", Chinese, "Hello!");

        Assert.Equal([0, 1, 2, 3, 6], kept.Select(row => row.Index));
        Assert.Equal([(4L, true), (5L, true)], steps[0].Dropped.Select(row => (row.Row, row.Reason.Contains(row.Row == 4 ? "row 1" : "row 3", StringComparison.Ordinal))));
    }

    [Fact]
    public void Texts_with_a_few_words_changed_are_near_duplicates()
    {
        var (kept, steps) = Cleaned.OfTexts(
            "near-duplicates", null, English, Chinese, English.Replace("baker", "farmer", StringComparison.Ordinal), Chinese.Replace("苹果", "鸡蛋", StringComparison.Ordinal), "Something else altogether is said here, at some length, so that it is compared with the others and found to be on a subject of its own, which it is and will stay.");

        Assert.Equal([0, 1, 4], kept.Select(row => row.Index));
        Assert.Contains("like row 0", steps[0].Dropped[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_signature_estimates_the_share_of_shingles_in_common()
    {
        var hash = new MinHash(256);
        var all = Enumerable.Range(0, 4000).Select(i => (uint)(i * 2654435761L)).ToArray();
        var similarity = MinHash.Similarity(hash.Signature(all.AsSpan(0, 3000)), hash.Signature(all.AsSpan(1000, 3000)));

        Assert.InRange(similarity, 0.5 - 0.1, 0.5 + 0.1);    // 2000 of 4000; three standard errors are 0.094
    }

    [Fact]
    public void Twenty_dropped_rows_are_spread_over_all()
    {
        var (_, steps) = Cleaned.OfTexts("length", new { minimum = 10 }, Enumerable.Range(0, 4000).Select(i => $"{i}"));

        Assert.Equal((4000, 0), (steps[0].RowsIn, steps[0].RowsOut));
        Assert.Equal(20, steps[0].Dropped.Count);
        Assert.Equal(steps[0].Dropped.Select(row => row.Row).Order(), steps[0].Dropped.Select(row => row.Row));
        Assert.True(steps[0].Dropped[0].Row < 1000 && steps[0].Dropped[^1].Row > 3000);
    }

    [Theory]
    [InlineData("""[]""", "steps")]
    [InlineData("""[{"kind": "polish"}]""", "steps[0].kind")]
    [InlineData("""[{"kind": "length"}, {"kind": "language", "options": {"keep": ["fr"]}}]""", "steps[1].options.keep")]
    [InlineData("""[{"kind": "length", "options": {"minimum": -1}}]""", "steps[0].options.minimum")]
    [InlineData("""[{"kind": "length", "options": {"minimum": "six"}}]""", "steps[0].options.minimum")]
    [InlineData("""[{"kind": "length", "options": {"smallest": 6}}]""", "steps[0].options.smallest")]
    [InlineData("""[{"kind": "length", "options": {"minimum": 7, "maximum": 6}}]""", "steps[0].options.minimum")]
    [InlineData("""[{"kind": "near-duplicates", "options": {"threshold": 2}}]""", "steps[0].options.threshold")]
    [InlineData("""[{"kind": "repetition", "options": {"topGrams": [0.2]}}]""", "steps[0].options.topGrams")]
    [InlineData("""[{"kind": "normalize", "options": {"form": "nfd"}}]""", "steps[0].options.form")]
    [InlineData("""[{"kind": "normalize", "options": 3}]""", "steps[0].options")]
    public void A_recipe_that_cannot_be_used_is_refused_at_the_member_that_is_wrong(string steps, string field)
    {
        Assert.Null(Recipe.TryRead(JsonSerializer.Deserialize<List<CleaningStep>>(steps, JsonSerializerOptions.Web), out var refusal));

        Assert.Equal(field, refusal.Field);
        Assert.NotEmpty(refusal.Reason);
    }
}
