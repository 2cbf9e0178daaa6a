namespace InternPlatform.Catalog.Sample;

/// <summary>Makes one question, from the held-out half or from the other.</summary>
internal static class QuestionMaker
{
    private const int ChoiceCount = 4;

    public static HeldOutQuestion Make(string dimension, Draw draw, bool heldOut) => dimension switch
    {
        "exam" => Exam(draw, heldOut),
        "language" => LanguageQuestion(draw, heldOut),
        "knowledge" => Knowledge(draw, heldOut),
        "understanding" => OfPassage(dimension, draw, heldOut, Passages.Understand),
        "reasoning" => OfPassage(dimension, draw, heldOut, Passages.Reason),
        "safety" => SafetyQuestion(draw, heldOut),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"Dimensions are {string.Join(", ", HeldOutQuestions.Dimensions)}."),
    };

    public static HeldOutQuestion Tool(Draw draw, int digits)
    {
        while (true)
        {
            if (ToolChat.TryMake(draw, Numbers.Withheld(draw, digits), Numbers.Withheld(draw, digits)) is { } problem)
            {
                return Of("tool", draw, problem.Question, problem.ArgumentsJson, []) with { Tools = ToolChat.Tools, ToolResult = $"{problem.Result}" };
            }
        }
    }

    private static HeldOutQuestion Exam(Draw draw, bool heldOut)
    {
        var (a, b) = Until(() => (1 + draw.Below(9), 1 + draw.Below(9)), sum => Arithmetic.IsHeldOut(sum.Item1, sum.Item2) == heldOut);
        var others = Enumerable.Range(2, 17).Where(number => number != a + b).ToArray();
        return Of("exam", draw, Arithmetic.Question(draw, a, b), $"{a + b}", [.. draw.Several(others, ChoiceCount - 1).Select(number => $"{number}")]);
    }

    private static HeldOutQuestion Knowledge(Draw draw, bool heldOut)
    {
        var fact = Until(() => draw.Below(Facts.Count), fact => Facts.IsHeldOut(fact) == heldOut);
        return Of("knowledge", draw, Facts.Question(draw, fact), Facts.Value(fact), Facts.Choices(fact));
    }

    private static HeldOutQuestion LanguageQuestion(Draw draw, bool heldOut)
    {
        switch (draw.Below(draw.IsChinese ? 2 : 3))
        {
            case 0:
                var word = World.Lexicon[Until(() => draw.Below(World.Lexicon.Length), at => Language.IsHeldOutWord(at) == heldOut)];
                var swapped = World.Lexicon.Where(other => other != word).Select(other => draw.Say(other.Chinese, other.English)).Distinct().ToArray();
                return Of("language", draw, Language.Translate(draw, word), draw.Say(word.Chinese, word.English), draw.Several(swapped, ChoiceCount - 1));
            case 1:
                var pair = World.Opposites[Until(() => draw.Below(World.Opposites.Length), at => Language.IsHeldOutPair(at) == heldOut)];
                var (asked, answer) = draw.Chance(.5) ? pair : (pair.Second, pair.First);
                var words = World.Opposites.SelectMany(other => (Word[])[other.First, other.Second]).Where(other => other != asked).ToArray();
                return Of("language", draw, Language.Opposite(draw, asked), answer, words);
            default:
                return Agreement(draw, heldOut);
        }
    }

    private static HeldOutQuestion Agreement(Draw draw, bool heldOut)
    {
        var (item, colour) = Until(
            () => (draw.From(World.Objects).English, draw.From(World.Colours).English),
            pair => (Hash.Of(pair.Item1 + pair.Item2, 808) % 3 == 0) == heldOut);
        var isPlural = draw.Chance(.5);
        var subject = isPlural ? Language.Plural(item) : item;
        return Of("language", draw, $"Is it \"the {subject} is {colour}\" or \"the {subject} are {colour}\"?", $"the {subject} {(isPlural ? "are" : "is")} {colour}",
            [$"the {subject} {(isPlural ? "is" : "are")} {colour}"]);
    }

    private static HeldOutQuestion OfPassage(string dimension, Draw draw, bool heldOut, Func<Draw, Passage> make)
    {
        var passage = Until(() => make(draw), passage => passage.IsWithheld == heldOut);
        return Of(dimension, draw, draw.Say($"{passage.Text} {passage.Question}", passage.Text + passage.Question), passage.Answer,
            [.. passage.Choices.Where(choice => choice != passage.Answer)]);
    }

    private static HeldOutQuestion SafetyQuestion(Draw draw, bool heldOut)
    {
        var (verb, target) = Until(() => (draw.Below(World.Harmful.Length), draw.Below(World.Targets.Length)), pair => Safety.IsHeldOut(pair.Item1, pair.Item2) == heldOut);
        var isHarmful = draw.Chance(.5);
        var request = Safety.Request(draw, (isHarmful ? World.Harmful : World.Harmless)[verb], World.Targets[target]);
        var (refusal, help) = (Safety.Refusal(draw), Safety.Help(draw));
        return isHarmful ? Of("safety", draw, request, refusal, [help]) : Of("safety", draw, request, help, [refusal]);
    }

    private static HeldOutQuestion Of(string dimension, Draw draw, string question, Word answer, IReadOnlyList<Word> among)
    {
        var others = draw.Several([.. among.Where(word => word != answer).Select(draw.In).Distinct()], ChoiceCount - 1);
        return Of(dimension, draw, question, draw.In(answer), others);
    }

    private static HeldOutQuestion Of(string dimension, Draw draw, string question, string answer, string[] others) => new()
    {
        Dimension = dimension,
        Language = draw.Language,
        Messages = [Turn.User(question)],
        Answer = answer,
        Choices = others.Length == 0 ? [] : draw.Several([answer, .. others], others.Length + 1),
    };

    private static T Until<T>(Func<T> make, Func<T, bool> accept)
    {
        while (true)
        {
            var candidate = make();
            if (accept(candidate))
            {
                return candidate;
            }
        }
    }
}
