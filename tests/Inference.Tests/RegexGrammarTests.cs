using System.Text;
using System.Text.RegularExpressions;
using InternPlatform.Inference.Text.Grammar;
using Xunit;

namespace InternPlatform.Inference.Tests;

/// <summary>Regular expressions as automata, against .NET's own over all short texts.</summary>
public sealed class RegexGrammarTests
{
    private const string Alphabet = "ab1- \n";
    private const int Longest = 5;

    [Theory]
    [InlineData("a*b+1?")]
    [InlineData("(a|b){2,3}1")]
    [InlineData("(?:ab|a)(b|ba)*")]
    [InlineData("^(?<word>[ab]+)-\\d$")]
    [InlineData("[^a1]{0,2}")]
    [InlineData("[a-b1-]{3}")]
    [InlineData(".{2}\\s?")]
    [InlineData("\\w+\\W\\d{1,}")]
    [InlineData("\\D\\S")]
    [InlineData("a??b*?-+?")]
    [InlineData("|a|")]
    [InlineData("(((a)))()b")]
    [InlineData("(a*)*b")]
    [InlineData("(a|b*){2}")]
    [InlineData("\\x61\\u0062\\-")]
    [InlineData("[]a]+")]
    [InlineData("[\\w-]+")]
    public void It_takes_what_the_expression_matches_and_nothing_else(string pattern)
    {
        var automaton = RegexGrammar.Compile(pattern);
        // A ']' that comes first is itself: .NET agrees outside of its ECMAScript mode, whose ASCII classes make no difference to this alphabet.
        var theirs = new Regex($"\\A(?:{pattern.TrimStart('^').TrimEnd('$')})\\z", RegexOptions.None, TimeSpan.FromSeconds(5));
        var matched = 0;
        foreach (var text in Texts())
        {
            Assert.True(theirs.IsMatch(text) == Takes(automaton, text), $"'{text}'");
            matched += Takes(automaton, text) ? 1 : 0;
        }

        Assert.InRange(matched, 1, Texts().Count() - 1);
    }

    [Theory]
    [InlineData("[一-龥]{2}", "月光", "月a", "月")]
    [InlineData("[^a]", "😀", "a", "")]
    [InlineData(".", "é", "\n", "ab")]
    [InlineData("[\\u07ff-\\u0801😀-😂]+", "\u07ff\u0800\u0801😁", "\u0802", "😃")]
    [InlineData("a{,2}", "a{,2}", "a", "aa")]
    [InlineData("😀?b", "😀b", "😀", "😀😀b")]
    public void Characters_are_whole(string pattern, string matching, string other, string another)
    {
        var automaton = RegexGrammar.Compile(pattern);
        Assert.True(Takes(automaton, matching));
        Assert.False(Takes(automaton, other));
        Assert.False(Takes(automaton, another));
    }

    [Fact]
    public void Ranges_of_characters_have_exactly_their_encodings()
    {
        var random = new Random(3);
        for (var round = 0; round < 40; round++)
        {
            var ends = new[] { random.Next(0x110000), random.Next(round % 2 == 0 ? 0x110000 : 0x1000) };
            var (low, high) = (ends.Min(), ends.Max());
            var nfa = new ByteNfa();
            var (start, end) = (nfa.State(), nfa.State());
            Utf8Range.Add(nfa, start, low, high, end);
            var automaton = new ByteAutomaton(nfa, start, end);
            foreach (var probe in Enumerable.Range(0, 300).Select(_ => random.Next(0x110000)).Concat([low, high, Math.Max(0, low - 1), Math.Min(0x10FFFF, high + 1), 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000]).Where(Rune.IsValid))
            {
                Assert.True(Takes(automaton, new Rune(probe).ToString()) == (low <= probe && probe <= high), $"{probe:x} of {low:x} to {high:x}");
            }
        }
    }

    [Theory]
    [InlineData("a)", "character 2: this ')' closes no group")]
    [InlineData("(a", "character 3: a group is not closed")]
    [InlineData("[a", "character 3: a class is not closed")]
    [InlineData("*a", "character 1: there is nothing to repeat")]
    [InlineData("a**", "a repetition of a repetition needs a group")]
    [InlineData("(a)\\1", "'\\1' is not known")]
    [InlineData("a(?=b)", "looking around and flags")]
    [InlineData("a\\bc", "'\\b' is not known")]
    [InlineData("[b-a]", "from one character to a later one")]
    [InlineData("a$b", "an anchor can only stand")]
    [InlineData("\\u12", "hexadecimal digits")]
    [InlineData("a{3,2}", "a part may come 1000 times at most")]
    [InlineData("[[:alpha:]]", "named classes")]
    [InlineData("[^\\s\\S]", "no text can match it")]
    [InlineData("\\", "'\\\0' is not known")]
    [InlineData("((.{0,1000}){1000}){1000}", "needs more than 4000 states")]
    public void What_is_none_is_refused_with_its_place(string pattern, string reason)
    {
        var e = Assert.Throws<InferenceException>(() => RegexGrammar.Compile(pattern));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal("response_format", e.Parameter);
    }

    [Fact]
    public void Groups_cannot_exhaust_the_stack() =>
        Assert.Contains("nested more than 50 deep", Assert.Throws<InferenceException>(() => RegexGrammar.Compile(new string('(', 100_000))).Message, StringComparison.Ordinal);

    private static bool Takes(ByteAutomaton automaton, string text)
    {
        var state = automaton.Start;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            state = automaton.Next(state, value);
            if (state == ByteAutomaton.Dead)
            {
                return false;
            }
        }

        return automaton.IsAccepting(state);
    }

    private static IEnumerable<string> Texts()
    {
        IEnumerable<string> shorter = [""];
        for (var length = 0; length <= Longest; length++)
        {
            foreach (var text in shorter)
            {
                yield return text;
            }

            shorter = [.. shorter.SelectMany(text => Alphabet.Select(letter => text + letter))];
        }
    }
}
