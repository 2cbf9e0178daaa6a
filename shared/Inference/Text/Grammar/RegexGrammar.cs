using System.Globalization;

namespace InternPlatform.Inference.Text.Grammar;

/// <summary>
/// Regular expressions as automata, as far as ECMA-262, PCRE and Python agree and an automaton can follow: literals, classes, groups, alternatives, repetitions. The
/// whole answer matches, so <c>^</c> at the beginning and <c>$</c> at the end say nothing new. <c>\d</c>, <c>\w</c> and <c>\s</c> are ASCII.
/// </summary>
internal sealed class RegexGrammar
{
    // A step looks at every token; an automaton with more states would hold up everybody else's answers.
    private const int MostStates = 4_000;
    private const int MostRepeats = 1_000;
    private const int MostGroups = 50;
    private const int LastCodePoint = 0x10FFFF;

    private static readonly (int, int)[] Digit = [('0', '9')];
    private static readonly (int, int)[] Word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    private static readonly (int, int)[] Blank = [('\t', '\r'), (' ', ' ')];

    private readonly ByteNfa nfa = new();
    private readonly string pattern;
    private int at;
    private int depth;

    private RegexGrammar(string pattern) => this.pattern = pattern;

    private char Here => at < pattern.Length ? pattern[at] : '\0';

    /// <exception cref="InferenceException">It is no regular expression, needs more than an automaton, or is too large.</exception>
    public static ByteAutomaton Compile(string pattern)
    {
        var grammar = new RegexGrammar(pattern);
        var build = grammar.Choice();
        if (grammar.at < pattern.Length)
        {
            throw grammar.Refusal("this ')' closes no group");
        }

        var start = grammar.nfa.State();
        var automaton = new ByteAutomaton(grammar.nfa, start, build(start));
        return automaton.Start == ByteAutomaton.Dead ? throw grammar.Refusal("no text can match it") : automaton;
    }

    private Func<int, int> Choice()
    {
        var branches = new List<Func<int, int>> { Sequence() };
        while (Here == '|' && at < pattern.Length)
        {
            at++;
            branches.Add(Sequence());
        }

        return branches.Count == 1 ? branches[0] : from => nfa.Any(from, branches);
    }

    private Func<int, int> Sequence()
    {
        var parts = new List<Func<int, int>>();
        while (at < pattern.Length && Here is not ('|' or ')'))
        {
            parts.Add(Part());
        }

        return from => parts.Aggregate(from, (state, part) => part(state));
    }

    private Func<int, int> Part()
    {
        var atom = Atom();
        if (Times() is not var (least, most))
        {
            return atom;
        }

        at += Here == '?' ? 1 : 0;   // the shortest match first: the same texts
        return Here is '*' or '+' or '?' ? throw Refusal("a repetition of a repetition needs a group")
            : from => most is { } last ? nfa.Repeat(from, least, last, Counted(atom)) : Loop(nfa.Repeat(from, least, least, Counted(atom)), atom);
    }

    /// <returns>How often the part before comes; null most: any number. Null where nothing is said.</returns>
    private (int Least, int? Most)? Times()
    {
        switch (Here)
        {
            case '*':
                at++;
                return (0, null);
            case '+':
                at++;
                return (1, null);
            case '?':
                at++;
                return (0, 1);
            case '{' when pattern.IndexOf('}', at) is var end and > 0 && Bounds(pattern[(at + 1)..end]) is { } bounds:
                at = end + 1;
                return bounds.Least <= (bounds.Most ?? MostRepeats) && Math.Max(bounds.Least, bounds.Most ?? 0) <= MostRepeats ? bounds
                    : throw Refusal($"a part may come {MostRepeats} times at most, and not fewer times than at least");
            default:
                return null;
        }
    }

    private static (int Least, int? Most)? Bounds(string text)
    {
        var parts = text.Split(',');
        return parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var least) ? null
            : parts.Length == 1 ? (least, least)
            : parts[1].Length == 0 ? (least, null)
            : int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var most) ? (least, most) : null;
    }

    private int Loop(int from, Func<int, int> part)
    {
        var (before, after) = (nfa.State(), nfa.State());
        nfa.Epsilon(from, before);
        nfa.Epsilon(Counted(part)(before), before);
        nfa.Epsilon(before, after);
        return after;
    }

    private Func<int, int> Counted(Func<int, int> part) => from => nfa.Count > MostStates
        ? throw new InferenceException("regex_too_large", $"The regular expression needs more than {MostStates} states; repeat smaller parts, or fewer times.", "response_format")
        : part(from);

    private Func<int, int> Atom()
    {
        switch (Here)
        {
            case '(':
                return Group();
            case '[':
                at++;
                return OneOf(Class());
            case '.':
                at++;
                return OneOf(Others([('\n', '\n')]));
            case '\\':
                return OneOf(Escape());
            case '^' when at == 0:
            case '$' when at == pattern.Length - 1:
                at++;
                return from => from;
            case '^' or '$':
                throw Refusal("an anchor can only stand at the beginning or the end");
            case '*' or '+' or '?':
                throw Refusal("there is nothing to repeat");
            default:
                var character = CodePoint();
                return OneOf([(character, character)]);
        }
    }

    private Func<int, int> Group()
    {
        if (++depth > MostGroups)
        {
            throw Refusal($"groups are nested more than {MostGroups} deep");
        }

        at++;
        if (Here == '?')
        {
            var name = pattern.IndexOf('>', at);
            at = pattern.AsSpan(at).StartsWith("?:") ? at + 2
                : (pattern.AsSpan(at).StartsWith("?<") || pattern.AsSpan(at).StartsWith("?P<")) && name > 0 && !pattern.AsSpan(at).StartsWith("?<=") && !pattern.AsSpan(at).StartsWith("?<!") ? name + 1
                : throw Refusal("looking around and flags are more than an automaton can follow");
        }

        var inside = Choice();
        if (Here != ')')
        {
            throw Refusal("a group is not closed");
        }

        at++;
        depth--;
        return inside;
    }

    private List<(int Low, int High)> Class()
    {
        var isNegated = Here == '^';
        at += isNegated ? 1 : 0;
        var ranges = new List<(int Low, int High)>();
        for (var isFirst = true; isFirst || Here != ']'; isFirst = false)
        {
            if (at >= pattern.Length || pattern.AsSpan(at).StartsWith("[:"))
            {
                throw Refusal(at >= pattern.Length ? "a class is not closed" : "named classes are not known");
            }

            var one = Member();
            if (Here == '-' && at + 1 < pattern.Length && pattern[at + 1] != ']')
            {
                at++;
                var other = Member();
                one = one is [var (low, _)] && other is [var (_, high)] && one[0].Low == one[0].High && other[0].Low == other[0].High && low <= high ? [(low, high)]
                    : throw Refusal("a range goes from one character to a later one");
            }

            ranges.AddRange(one);
        }

        at++;
        return isNegated ? Others(ranges) : ranges;
    }

    private List<(int Low, int High)> Member()
    {
        if (Here == '\\' && at + 1 < pattern.Length && pattern[at + 1] == 'b')
        {
            at += 2;
            return [('\b', '\b')];
        }

        if (Here == '\\')
        {
            return Escape();
        }

        var character = CodePoint();
        return [(character, character)];
    }

    private List<(int Low, int High)> Escape()
    {
        at++;
        var letter = Here;
        at++;
        int? character = letter switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            'x' => Hex(2),
            'u' => Hex(4),
            _ when !char.IsAsciiLetterOrDigit(letter) && letter != '\0' => letter,
            _ => null,
        };
        return character is { } one ? [(one, one)] : letter switch
        {
            'd' => [.. Digit],
            'D' => Others(Digit),
            'w' => [.. Word],
            'W' => Others(Word),
            's' => [.. Blank],
            'S' => Others(Blank),
            _ => throw Refusal($"'\\{letter}' is not known, or more than an automaton can follow"),
        };
    }

    private int Hex(int digits)
    {
        if (at + digits > pattern.Length || !int.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is >= 0xD800 and < 0xE000)
        {
            throw Refusal($"{digits} hexadecimal digits of a character must follow");
        }

        at += digits;
        return value;
    }

    private int CodePoint()
    {
        if (!System.Text.Rune.TryGetRuneAt(pattern, at, out var rune))
        {
            throw Refusal("half a character stands here");
        }

        at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static List<(int Low, int High)> Others(IReadOnlyList<(int Low, int High)> ranges)
    {
        var others = new List<(int Low, int High)>();
        var next = 0;
        foreach (var (low, high) in ranges.Order())
        {
            if (low > next)
            {
                others.Add((next, low - 1));
            }

            next = Math.Max(next, high + 1);
        }

        if (next <= LastCodePoint)
        {
            others.Add((next, LastCodePoint));
        }

        return others;
    }

    private Func<int, int> OneOf(List<(int Low, int High)> ranges) => from =>
    {
        var to = nfa.State();
        foreach (var (low, high) in ranges)
        {
            Utf8Range.Add(nfa, from, low, high, to);
        }

        return to;
    };

    private InferenceException Refusal(string reason) =>
        new("invalid_regex", $"The regular expression cannot be used; at character {Math.Min(at, pattern.Length) + 1}: {reason}.", "response_format");
}
