using System.Text.RegularExpressions;

namespace InternPlatform.Tokenization.Tests;

public sealed class KnownPatternTests
{
    private const string Caseless = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static TheoryData<string> Patterns => [KnownPattern.Gpt2, KnownPattern.Llama3, KnownPattern.Qwen2, Caseless, Caseless.Replace(@"|\p{N}|", @"|\p{N}{1,3}|", StringComparison.Ordinal)];

    [Theory]
    [InlineData(KnownPattern.Gpt2, "I'll say 1234 things, they'RE  ok.\n\n x", "I|'ll| say| 1234| things|,| they|'|RE| | ok|.|\n\n| x")]
    [InlineData(KnownPattern.Llama3, "I'LL say 1234\tthings!\r\n\r\n  x", "I|'LL| say| |123|4|\tthings|!\r\n\r\n| | x")]
    [InlineData(KnownPattern.Qwen2, "42 \n \n  (x) 石桥", "4|2| \n \n| | (|x|)| 石桥")]
    [InlineData(KnownPattern.Qwen2, "𠀀𠀁 𝐀x 𝟙", "𠀀𠀁| 𝐀x| |𝟙")]
    public void Words_end_where_the_expression_ends_them(string pattern, string text, string words) => Assert.Equal(words.Split('|'), Split(pattern, text));

    [Theory]
    [MemberData(nameof(Patterns))]
    public void The_scanner_and_the_expression_agree(string pattern)
    {
        const string usual = " '   \t\r\n\u00A0\u3000sSſtTmMdDrReEvVlLKxé石\u0301\u0E33129Ⅷ٣,.(-\u200B\u0085";
        var expression = new Regex(pattern, RegexOptions.CultureInvariant);
        var random = new Random(5);
        for (var i = 0; i < 20000; i++)
        {
            // .NET's expressions work on UTF-16 units, so only characters of one unit can be compared.
            var text = i % 2 == 0 ? string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => usual[random.Next(usual.Length)]))
                : string.Concat(Texts.Arbitrary(random, loneSurrogates: false).Where(character => !char.IsSurrogate(character)));
            Assert.Equal(expression.Matches(text).Select(match => match.Value), Split(pattern, text));
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Lone_halves_of_characters_end(string pattern) => Assert.Equal("\uD800\uDC00\uD800", string.Concat(Split(pattern, "\uD800\uDC00\uD800")));

    private static List<string> Split(string pattern, string text)
    {
        var (rule, words) = (KnownPattern.Find(pattern)!, new List<string>());
        for (var start = 0; start < text.Length;)
        {
            var end = rule.EndOfWord(text, start);
            words.Add(text[start..end]);
            start = end;
        }

        return words;
    }
}
