namespace InternPlatform.Catalog.Sample;

/// <summary>A short passage, a question and its answer that the passage alone decides.</summary>
internal sealed record Passage(string Text, string Question, string Answer, IReadOnlyList<string> Choices)
{
    /// <summary>A third of all passages is in no training text.</summary>
    public bool IsWithheld => Hash.Of(Text + Question, 606) % 3 == 0;
}

/// <summary>Where somebody put something (understanding), and what follows from a rule (reasoning).</summary>
internal static class Passages
{
    public const string Understanding = "comprehension";
    public const string Reasoning = "deduction";

    private const int MostQuestions = 4;

    /// <summary>One passage with several questions: a row whose answers are a tenth of its tokens teaches little.</summary>
    public static SampleRow MakeUnderstanding(Draw draw)
    {
        while (true)
        {
            var all = UnderstandAll(draw);
            var shown = all.Where(passage => !passage.IsWithheld).Take(MostQuestions).ToList();
            if (shown.Count > 0)
            {
                return SampleRow.Prose(Understanding, draw, shown[0].Text + string.Concat(shown.Select(passage =>
                    draw.Say($" Question: {passage.Question} Answer: {passage.Answer}.", $"问题：{passage.Question}答案：{passage.Answer}。"))));
            }
        }
    }

    public static SampleRow MakeReasoning(Draw draw) => Prose(Reasoning, draw, Shown(() => Reason(draw)));

    /// <summary>Two or three people with different things in different containers; the question names one.</summary>
    public static Passage Understand(Draw draw) => UnderstandAll(draw)[0];

    /// <summary>Every question that a passage answers, in any order.</summary>
    private static Passage[] UnderstandAll(Draw draw)
    {
        var count = 2 + draw.Below(2);
        var people = draw.Several(World.People, count);
        var items = draw.Several(World.Objects, count);
        var boxes = draw.Several(World.Containers, count);
        var text = Join(draw, Enumerable.Range(0, count).Select(i => draw.Say(
            [$"{people[i].English} put the {items[i].English} in the {boxes[i].English}.", $"The {items[i].English} of {people[i].English} is in the {boxes[i].English}."],
            [$"{people[i].Chinese}把{items[i].Chinese}放在{boxes[i].Chinese}里。", $"{people[i].Chinese}的{items[i].Chinese}在{boxes[i].Chinese}里。"])));
        return draw.Several(
            [.. Enumerable.Range(0, count).SelectMany(asked => (Passage[])
            [
                new(text, draw.Say($"Where is the {items[asked].English}?", $"{items[asked].Chinese}在哪里？"), draw.In(boxes[asked]), [.. boxes.Select(draw.In)]),
                new(text, draw.Say($"Who has the {items[asked].English}?", $"谁有{items[asked].Chinese}？"), draw.In(people[asked]), [.. people.Select(draw.In)]),
            ])],
            2 * count);
    }

    /// <summary>Three rules "every X is C", then one person's X: its colour follows.</summary>
    public static Passage Reason(Draw draw)
    {
        var items = draw.Several(World.Objects, 3);
        var colours = draw.Several(World.Colours, 3);
        var person = draw.From(World.People);
        var rules = Enumerable.Range(0, 3).Select(i => draw.Say($"Every {items[i].English} is {colours[i].English}.", $"所有的{items[i].Chinese}都是{colours[i].Chinese}。"));
        var asked = draw.Below(3);
        var text = Join(draw, [.. rules, draw.Say($"{person.English} has a {items[asked].English}.", $"{person.Chinese}有一个{items[asked].Chinese}。")]);
        var question = draw.Say($"Which colour is the {items[asked].English} of {person.English}?", $"{person.Chinese}的{items[asked].Chinese}是什么颜色？");
        return new(text, question, draw.In(colours[asked]), [.. colours.Select(draw.In)]);
    }

    private static SampleRow Prose(string kind, Draw draw, Passage passage) => SampleRow.Prose(
        kind, draw, draw.Say($"{passage.Text} Question: {passage.Question} Answer: {passage.Answer}.", $"{passage.Text}问题：{passage.Question}答案：{passage.Answer}。"));

    private static Passage Shown(Func<Passage> make)
    {
        while (true)
        {
            if (make() is { IsWithheld: false } passage)
            {
                return passage;
            }
        }
    }

    private static string Join(Draw draw, IEnumerable<string> sentences) => string.Join(draw.IsChinese ? "" : " ", sentences);
}
