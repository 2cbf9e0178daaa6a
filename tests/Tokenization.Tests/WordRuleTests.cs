using System.Text.RegularExpressions;

namespace InternPlatform.Tokenization.Tests;

public sealed class WordRuleTests
{
    [Theory]
    [InlineData("The cat", "The| cat")]
    [InlineData("add 12 and 7", "add| |1|2| and| |7")]
    [InlineData("a   b", "a|  | b")]
    [InlineData("a  5", "a| | |5")]
    [InlineData("他有3个苹果。", "他有|3|个苹果|。")]
    [InlineData("x 石桥镇", "x| |石桥镇")]
    [InlineData("{\"a\": 12}", "{\"|a|\":| |1|2|}")]
    [InlineData("end.\n\nNext", "end|.|\n|\n|Next")]
    [InlineData("Zoe说", "Zoe|说")]
    [InlineData("trailing  ", "trailing|  ")]
    public void Words_end_where_the_rule_says(string text, string words) => Assert.Equal(words.Split('|'), Split(text));

    [Fact]
    public void The_scanner_and_the_pattern_in_the_file_agree()
    {
        var pattern = new Regex(WordRule.Pattern, RegexOptions.CultureInvariant);
        var random = new Random(4);
        for (var i = 0; i < 20000; i++)
        {
            // .NET's expressions work on UTF-16 units, so only characters of one unit can be compared.
            var text = string.Concat(Texts.Arbitrary(random, loneSurrogates: false).Where(character => !char.IsSurrogate(character)));
            Assert.Equal(pattern.Matches(text).Select(match => match.Value), Split(text));
        }
    }

    [Fact]
    public void The_pattern_covers_every_character()
    {
        var pattern = new Regex($"^(?:{WordRule.Pattern})$", RegexOptions.CultureInvariant);
        for (var c = 0; c < 0xD800; c++)
        {
            Assert.Matches(pattern, ((char)c).ToString());
            Assert.Equal(1, WordRule.EndOfWord([(char)c], 0));
        }
    }

    private static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = WordRule.EndOfWord(text, start);
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }
}
